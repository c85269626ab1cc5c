-- stock(m) = stock(m-1) + entries(m) - exits(m) in every cell but those of a type's first month,
-- where both are NULL (statistics.md, "Entries and exits").
with

stock as (select * from {{ ref('fct_stock_by_structure_type') }}),

flows as (select * from {{ ref('fct_flows_by_structure_type') }}),

stock_with_the_month_before as (

    select
        month,
        territory_id,
        structure_type,
        stock,
        lag(stock) over (partition by territory_id, structure_type order by month)
            as previous_stock,
    from stock

),

final as (

    select
        stock_with_the_month_before.month,
        stock_with_the_month_before.territory_id,
        stock_with_the_month_before.structure_type,
        stock_with_the_month_before.previous_stock,
        stock_with_the_month_before.stock,
        flows.entries,
        flows.exits,
    from stock_with_the_month_before
    full outer join flows
        on
            stock_with_the_month_before.month = flows.month
            and stock_with_the_month_before.territory_id = flows.territory_id
            and stock_with_the_month_before.structure_type = flows.structure_type
    where
        stock_with_the_month_before.stock is null
        or flows.month is null
        or stock_with_the_month_before.stock - stock_with_the_month_before.previous_stock
        is distinct from flows.entries - flows.exits

)

select * from final
