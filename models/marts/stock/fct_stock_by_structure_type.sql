with

stock_by_department as (select * from {{ ref('int_stock_by_department') }}),

department_territories as (select * from {{ ref('int_department_territories') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

months as (select * from {{ ref('int_months') }}),

territories as (select * from {{ ref('dim_territories') }}),

-- A region is the sum of its departments, the country that of the departments and of `NL`: never a
-- new count of persons (indicator.md, "The counted unit").
stock_summed as (

    select
        stock_by_department.month,
        department_territories.territory_id,
        stock_by_department.structure_type,
        sum(stock_by_department.stock) as stock,
    from stock_by_department
    inner join department_territories using (department_code)
    group by all

),

-- Every covered month, territory and type has its row, zeros included.
cells as (

    select
        months.month,
        territories.territory_id,
        coverage.structure_type,
        coverage.first_provisional_month,
    from coverage
    inner join months
        on months.month between coverage.first_month and coverage.last_month
    cross join territories
    where territories.is_covered

),

final as (

    select
        cells.month,
        cells.territory_id,
        cells.structure_type,
        cast(coalesce(stock_summed.stock, 0) as bigint) as stock,
        cells.month >= cells.first_provisional_month as is_provisional,
    from cells
    left join stock_summed using (month, territory_id, structure_type)

)

select * from final
