with

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

territories as (select * from {{ ref('dim_territories') }}),

-- The additive base alone: a tool that sums rows must never meet a region beside its departments.
final as (

    select
        stock_by_structure_type.month,
        stock_by_structure_type.territory_id,
        stock_by_structure_type.structure_type,
        stock_by_structure_type.stock,
        stock_by_structure_type.is_provisional,
    from stock_by_structure_type
    inner join territories using (territory_id)
    where territories.territory_level in ('departmental', 'unlocated')

)

select * from final
