with

open_stock as (select * from {{ ref('open_stock_by_structure_type') }}),

exact_stock as (select * from {{ ref('fct_stock_by_structure_type') }}),

final as (

    select
        open_stock.month,
        open_stock.territory_id,
        open_stock.structure_type,
    from open_stock
    inner join exact_stock using (month, territory_id, structure_type)
    where
        -- Sums may go beyond where nothing else keeps them: audit_rounding counts them.
        (open_stock.territory_id like 'D%' or open_stock.territory_id = 'NL')
        and abs(open_stock.stock - exact_stock.stock) >= {{ var('open_data_rounding_base') }}

)

select * from final
