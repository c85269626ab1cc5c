-- The population of a region is the sum of its departments, that of the country the sum of its
-- regions. Both leave Mayotte out, whose population the reference does not give.
with

territories as (select * from {{ ref('dim_territories') }}),

sums_of_departments as (

    select
        region_id as territory_id,
        sum(population) as population,
    from territories
    where territory_level = 'departmental'
    group by region_id
    union all
    select
        'FR' as territory_id,
        sum(population) as population,
    from territories
    where territory_level = 'departmental'

),

final as (

    select
        territories.territory_id,
        territories.population,
        sums_of_departments.population as population_of_departments,
    from territories
    inner join sums_of_departments using (territory_id)
    where territories.population is distinct from sums_of_departments.population

)

select * from final
