with

people as (select * from {{ ref('stg_asp_fluxiae__salarie') }}),

-- The latest row is looked for among those with a usable number (indicator.md, "The counted unit").
identified_people as (

    select *
    from people
    where
        source_person_id is not null
        and nir_hash is not null

),

superseded as (

    {{ superseded_lines('identified_people', 'source_person_id') }}

),

final as (

    select
        identified_people.source_person_id,
        {{ person_id('identified_people.nir_hash') }} as person_id,
    from identified_people
    anti join superseded using (file_line)

)

select * from final
