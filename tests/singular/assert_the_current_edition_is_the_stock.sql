-- The edition of the current extracts says what the stock says, where it is not published yet.
with

edition_cells as (

    select * from {{ ref('int_edition_cells') }}
    where published_at is null

),

stock as (

    select * from {{ ref('fct_stock_by_structure_type') }}
    where
        territory_id[1] in ('D', 'N')
        and exists (select 1 from edition_cells)

),

final as (

    select
        stock.month,
        stock.territory_id,
        stock.structure_type,
        edition_cells.stock as edition_stock,
        stock.stock,
    from edition_cells
    full outer join stock
        on
            edition_cells.month = stock.month
            and edition_cells.territory_id = stock.territory_id
            and edition_cells.structure_type = stock.structure_type
    where
        coalesce(edition_cells.stock, -1) != coalesce(stock.stock, -1)
        or edition_cells.is_provisional != stock.is_provisional

)

select * from final
