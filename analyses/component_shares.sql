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

composite_scopes as (

    select * from {{ ref('open_composite_scopes').include(database=false) }}
    where scope = 'official'

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
    inner join stock_by_structure_type using (month, territory_id)
    inner join composite_scopes
        on
            stock_by_structure_type.structure_type = composite_scopes.structure_type
            and composite.month >= composite_scopes.first_month
    where
        composite.territory_id = 'FR'
        and composite.official_stock is not null
    order by
        composite.month,
        stock_by_structure_type.structure_type

)

select * from final
