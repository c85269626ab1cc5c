with

flows as (

    select * from {{ ref('fct_flows_by_structure_type') }}
    where territory_id = 'FR'

),

structure_types as (select * from {{ ref('dim_structure_types') }}),

rounded_stock as (

    select * from {{ ref('rounded_stock') }}
    where territory_id = 'FR'

),

rounded_counts as (select * from {{ ref('rounded_counts') }}),

-- Entries and exits are what those who stay leave of the rounded stocks: the identity of stock and
-- flows holds, and no figure of the stock can be told better (docs/protection.md).
stayers as (

    select
        now.month,
        now.component as structure_type,
        now.stock,
        before.stock as previous_stock,
        least(rounded_counts.rounded_count, now.stock, before.stock) as stayers,
    from rounded_stock as now
    inner join rounded_stock as before
        on
            now.component = before.component
            and now.month = before.month + interval 1 month
    inner join rounded_counts
        on
            now.component = rounded_counts.component
            and now.month = rounded_counts.period
            and rounded_counts.figure = 'stayers'

),

final as (

    select
        flows.month,
        flows.territory_id,
        flows.structure_type,
        stayers.stock - stayers.stayers as entries,
        stayers.previous_stock - stayers.stayers as exits,
        if(
            rounded_counts.rounded_count is null,
            null,
            least(rounded_counts.rounded_count, stayers.stock - stayers.stayers)
        ) as returns,
        flows.is_provisional,
    from flows
    inner join structure_types using (structure_type)
    left join stayers using (month, structure_type)
    left join rounded_counts
        on
            flows.month = rounded_counts.period
            and flows.structure_type = rounded_counts.component
            and rounded_counts.figure = 'returns'
    where structure_types.stock_rule != 'entered_recently'

)

select * from final
