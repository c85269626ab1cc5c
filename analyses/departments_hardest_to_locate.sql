-- Question: in which departments are structures located the least well, by something else than the
-- INSEE code of their own address?
-- Expected shape: one row per department that has a structure, and `NL` for the structures that
-- nothing locates, the least well located first; the ways of locating add up to the structures.
-- It reads an intermediate model: run it on the working warehouse, not on the published file.
with

structures as (

    select * from {{ ref('int_asp_structures_located').include(database=false) }}

),

territories as (

    select * from {{ ref('dim_territories').include(database=false) }}
    where territory_level in ('departmental', 'unlocated')

),

final as (

    select
        structures.department_code,
        territories.territory_name as department_name,
        count(*) as nb_structures,
        count(*) filter (where structures.located_by = 'admin_commune') as nb_by_admin_commune,
        count(*) filter (where structures.located_by = 'admin_postcode') as nb_by_admin_postcode,
        count(*) filter (
            where structures.located_by = 'management_commune'
        ) as nb_by_management_commune,
        count(*) filter (
            where structures.located_by = 'management_postcode'
        ) as nb_by_management_postcode,
        count(*) filter (where structures.located_by = 'annex_number') as nb_by_annex_number,
        count(*) filter (where structures.located_by is null) as nb_not_located,
        100 * avg(
            if(coalesce(structures.located_by = 'admin_commune', false), 0, 1)
        ) as located_otherwise_percent,
    from structures
    inner join territories
        on structures.department_code = territories.territory_code
    group by all
    order by
        located_otherwise_percent desc,
        nb_structures desc,
        structures.department_code asc

)

select * from final
