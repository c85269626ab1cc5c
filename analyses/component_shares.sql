-- Question: what does each structure type weigh in the official composite?
-- Expected shape: one row per month and component for the country, 4 types up to 2020-12 and 7 from
-- 2021-01; the shares of a month add up to 100. A month whose composite has a component missing is
-- left out.
with

stock_by_structure_type as (

    select * from {{ ref('fct_stock_by_structure_type').include(database=false) }}

),

composite as (

    select * from {{ ref('fct_composite_stock').include(database=false) }}

),

structure_types as (

    select * from {{ ref('dim_structure_types').include(database=false) }}

),

-- The month in which the official scope takes in the types that do not begin with the series.
break_month as (

    select cast(value as date) as first_month
    from {{ ref('open_metadata').include(database=false) }}
    where key = 'official_break_month'

),

final as (

    select
        composite.month,
        stock_by_structure_type.structure_type,
        stock_by_structure_type.stock,
        composite.official_stock,
        100 * stock_by_structure_type.stock
        / nullif(composite.official_stock, 0) as share_percent,
        composite.is_provisional,
    from composite
    inner join stock_by_structure_type
        on
            composite.month = stock_by_structure_type.month
            and composite.territory_id = stock_by_structure_type.territory_id
    inner join structure_types
        on stock_by_structure_type.structure_type = structure_types.structure_type
    cross join break_month
    where
        composite.territory_id = 'FR'
        and composite.official_stock is not null
        and (
            structure_types.first_month = cast('{{ var("series_start") }}' as date)
            or break_month.first_month between structure_types.first_month and composite.month
        )
    order by
        composite.month,
        stock_by_structure_type.structure_type

)

select * from final
