with

stock_by_department as (select * from {{ ref('int_stock_by_department') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

months as (select * from {{ ref('int_months') }}),

territories as (select * from {{ ref('dim_territories') }}),

stock_summed as (

    {{ sum_by_territory('stock_by_department', ['stock']) }}

),

-- Every covered month, territory and type has its row, zeros included.
final as (

    select
        months.month,
        territories.territory_id,
        coverage.structure_type,
        coalesce(stock_summed.stock, 0) as stock,
        months.month >= coverage.first_provisional_month as is_provisional,
    from coverage
    inner join months
        on months.month between coverage.first_month and coverage.last_month
    cross join territories
    left join stock_summed using (month, territory_id, structure_type)
    where territories.is_covered

)

select * from final
