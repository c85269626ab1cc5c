with

composite_stock as (select * from {{ ref('fct_composite_stock') }}),

territories as (select * from {{ ref('dim_territories') }}),

-- The additive base alone: a tool that sums rows must never meet a region beside its departments.
final as (

    select
        composite_stock.month,
        composite_stock.territory_id,
        composite_stock.official_stock,
        composite_stock.constant_stock,
        territories.population,
        composite_stock.is_provisional,
    from composite_stock
    inner join territories using (territory_id)
    where territories.territory_level in ('departmental', 'unlocated')

)

select * from final
