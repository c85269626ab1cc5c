with

people_by_year as (select * from {{ ref('int_people_by_year') }}),

component_years as (

    select distinct
        component,
        year,
        nb_months,
        is_provisional,
    from {{ ref('int_component_years') }}

),

territories as (

    select * from {{ ref('dim_territories') }}
    where is_covered

),

-- Every covered year, territory and component has its row, zeros included.
final as (

    select
        component_years.year,
        territories.territory_id,
        component_years.component,
        coalesce(people_by_year.nb_people, 0) as nb_people,
        component_years.nb_months,
        component_years.is_provisional,
    from component_years
    cross join territories
    left join people_by_year using (component, year, territory_id)

)

select * from final
