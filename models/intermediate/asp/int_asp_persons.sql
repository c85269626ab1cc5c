with

people as (

    select * from {{ ref('stg_asp_fluxiae__salarie') }}

),

-- The latest row among those with a usable number (indicator.md, "The counted unit").
final as (

    select
        source_person_id,
        {{ person_id('nir_hash') }} as person_id,
    from people
    where
        source_person_id is not null
        and nir_hash is not null
    qualify
        row_number() over (
            partition by source_person_id
            order by modified_at desc nulls last, file_line desc
        ) = 1

)

select * from final
