with

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

scopes as (select * from {{ ref('composite_scopes') }}),

months as (select * from {{ ref('int_months') }}),

-- Each type that knows persons, and the constant scope.
components as (

    select
        structure_type as component,
        structure_type,
    from coverage
    where stock_rule != 'entered_recently'
    union all
    select
        scope as component,
        structure_type,
    from scopes
    where scope = 'constant'

),

-- A component covers a month when all of its types do.
component_months as (

    select
        components.component,
        months.month,
        months.month_mask,
        bool_or(months.month >= coverage.first_provisional_month) as is_provisional,
    from components
    cross join months
    left join coverage
        on
            components.structure_type = coverage.structure_type
            and months.month between coverage.first_month and coverage.last_month
    group by all
    having count(*) = count(coverage.structure_type)

),

component_years as (

    select
        component,
        cast(year(month) as integer) as year,
        count(*) as nb_months,
        bool_or(is_provisional) as is_provisional,
        bit_or(month_mask) as months_covered,
    from component_months
    group by all

),

final as (

    select
        component_years.component,
        component_years.year,
        components.structure_type,
        component_years.nb_months,
        component_years.is_provisional,
        component_years.months_covered,
    from component_years
    inner join components using (component)

)

select * from final
