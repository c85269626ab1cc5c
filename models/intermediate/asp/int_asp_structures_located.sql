with

structures as (select * from {{ ref('stg_asp_fluxiae__structure') }}),

annexes as (select * from {{ ref('stg_asp_fluxiae__annexe_financiere') }}),

territory_values as (select * from {{ ref('int_territory_values_located') }}),

superseded as (

    {{ superseded_lines('structures', 'structure_id') }}

),

structures_kept as (

    select structures.*
    from structures
    anti join superseded using (file_line)
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

structure_ids as (

    select structure_id from structures_kept
    union
    select structure_id from latest_annexes

),

structures_located as (

    {{ first_address_that_resolves(
        [
            ('structures_kept', 'admin_commune', 'commune', 'admin_commune_code'),
            ('structures_kept', 'admin_postcode', 'postcode', 'admin_postcode'),
            ('structures_kept', 'management_commune', 'commune', 'management_commune_code'),
            ('structures_kept', 'management_postcode', 'postcode', 'management_postcode'),
            ('latest_annexes', 'annex_number', 'department', 'annex_department_part'),
        ],
        key=['structure_id'],
    ) }}

),

final as (

    select
        structure_ids.structure_id,
        coalesce(structures_located.department_code, 'NL') as department_code,
        structures_located.located_by,
        coalesce(structures_located.is_covered, true) as is_covered,
    from structure_ids
    left join structures_located using (structure_id)

)

select * from final
