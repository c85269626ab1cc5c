with

departments as (

    select * from {{ ref('departments') }}
    where is_covered

),

departments_and_unlocated as (

    select
        department_code,
        ['D' || department_code, 'R' || region_code, 'FR'] as territory_ids,
    from departments
    union all
    select
        'NL' as department_code,
        ['NL', 'FR'] as territory_ids,

),

final as (

    select
        department_code,
        unnest(territory_ids) as territory_id,
    from departments_and_unlocated

)

select * from final
