with

flows_by_department as (select * from {{ ref('int_flows_by_department') }}),

structure_types as (select * from {{ ref('dim_structure_types') }}),

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

flows_summed as (

    {{ sum_by_territory('flows_by_department', ['entries', 'exits', 'returns']) }}

),

-- Nobody knows who was there before the first month. To know who comes back takes twelve months to
-- look back on, and persons, whom ITI does not have (statistics.md, "Entries and exits").
cells as (

    select
        stock_by_structure_type.month,
        stock_by_structure_type.territory_id,
        stock_by_structure_type.structure_type,
        stock_by_structure_type.is_provisional,
        stock_by_structure_type.month > structure_types.first_month as has_month_before,
        structure_types.stock_rule != 'entered_recently'
        and stock_by_structure_type.month >= structure_types.first_month + interval 12 month
            as has_full_look_back,
    from stock_by_structure_type
    inner join structure_types using (structure_type)

),

-- A month that is final has a final month before it: `is_provisional` is that of the stock.
final as (

    select
        cells.month,
        cells.territory_id,
        cells.structure_type,
        if(cells.has_month_before, coalesce(flows_summed.entries, 0), null) as entries,
        if(cells.has_month_before, coalesce(flows_summed.exits, 0), null) as exits,
        if(cells.has_full_look_back, coalesce(flows_summed.returns, 0), null) as returns,
        cells.is_provisional,
    from cells
    left join flows_summed using (month, territory_id, structure_type)

)

select * from final
