with

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

rounded_stock as (select * from {{ ref('rounded_stock') }}),

final as (

    select
        stock_by_structure_type.month,
        stock_by_structure_type.territory_id,
        stock_by_structure_type.structure_type,
        rounded_stock.stock,
        stock_by_structure_type.is_provisional,
    from stock_by_structure_type
    left join rounded_stock
        on
            stock_by_structure_type.month = rounded_stock.month
            and stock_by_structure_type.territory_id = rounded_stock.territory_id
            and stock_by_structure_type.structure_type = rounded_stock.component

)

select * from final
