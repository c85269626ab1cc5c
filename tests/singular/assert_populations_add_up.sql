-- The population of a region is the sum of its departments, that of the country the sum of its
-- regions. Both leave Mayotte out, whose population the reference does not give.
with

territories as (select * from {{ ref('dim_territories') }}),

departments as (

    select
        unnest([region_id, 'FR']) as territory_id,
        population,
    from territories
    where territory_level = 'departmental'

),

final as (

    select
        territories.territory_id,
        territories.population,
        sum(departments.population) as population_of_departments,
    from territories
    inner join departments using (territory_id)
    group by all
    having territories.population is distinct from population_of_departments

)

select * from final
