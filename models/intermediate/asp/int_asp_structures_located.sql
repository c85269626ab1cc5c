with

structures as (

    select * from {{ ref('stg_asp_fluxiae__structure') }}

),

annexes as (

    select * from {{ ref('stg_asp_fluxiae__annexe_financiere') }}

),

territory_values as (

    select * from {{ ref('int_territory_values_located') }}

),

superseded as (

    {{ superseded_lines('structures', 'structure_id') }}

),

structures_kept as (

    select structures.*
    from structures
    anti join superseded
        on structures.file_line = superseded.file_line
    where structures.structure_id is not null

),

-- Whatever its state, and this one alone: an older annex is not tried.
latest_annexes as (

    select *
    from annexes
    where structure_id is not null
    qualify
        row_number() over (
            partition by structure_id
            order by
                effective_from desc nulls last,
                {{ parse_rank('annex_id') }} desc nulls last,
                file_line desc
        ) = 1

),

-- Order of the attempts: indicator.md, "Where a structure is".
attempts as (

    select
        structure_id,
        1 as attempt,
        'admin_commune' as located_by,
        'commune' as value_kind,
        admin_commune_code as raw_value,
    from structures_kept
    union all
    select
        structure_id,
        2 as attempt,
        'admin_postcode' as located_by,
        'postcode' as value_kind,
        admin_postcode as raw_value,
    from structures_kept
    union all
    select
        structure_id,
        3 as attempt,
        'management_commune' as located_by,
        'commune' as value_kind,
        management_commune_code as raw_value,
    from structures_kept
    union all
    select
        structure_id,
        4 as attempt,
        'management_postcode' as located_by,
        'postcode' as value_kind,
        management_postcode as raw_value,
    from structures_kept
    union all
    select
        structure_id,
        5 as attempt,
        'annex_number' as located_by,
        'department' as value_kind,
        annex_department_part as raw_value,
    from latest_annexes

),

attempts_located as (

    select
        attempts.structure_id,
        attempts.attempt,
        case
            when territory_values.territory_code is not null then attempts.located_by
        end as located_by,
        territory_values.territory_code as department_code,
        territory_values.is_covered,
    from attempts
    left join territory_values
        on
            attempts.value_kind = territory_values.value_kind
            and attempts.raw_value = territory_values.raw_value

),

first_located as (

    select *
    from attempts_located
    qualify
        row_number() over (
            partition by structure_id
            order by department_code is null, attempt
        ) = 1

),

final as (

    select
        structure_id,
        coalesce(department_code, 'NL') as department_code,
        located_by,
        coalesce(is_covered, true) as is_covered,
    from first_located

)

select * from final
