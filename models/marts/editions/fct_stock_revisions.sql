with

editions as (select * from {{ ref('int_editions') }}),

edition_cells as (select * from {{ ref('int_edition_cells') }}),

department_territories as (select * from {{ ref('int_department_territories') }}),

cell_territories as (

    select
        if(department_code = 'NL', 'NL', 'D' || department_code) as cell_territory_id,
        territory_id,
    from department_territories

),

-- A region is the sum of its departments, the country that of the departments and of `NL`, in each
-- edition (docs/indicator.md, "The counted unit").
edition_stock as (

    select
        edition_cells.edition,
        edition_cells.release,
        edition_cells.month,
        cell_territories.territory_id,
        edition_cells.structure_type,
        cast(sum(edition_cells.stock) as bigint) as stock,
    from edition_cells
    inner join cell_territories
        on edition_cells.territory_id = cell_territories.cell_territory_id
    group by all

),

final as (

    select
        editions.edition,
        editions.release,
        editions.previous_edition,
        editions.previous_release,
        editions.kind,
        edition_stock.month,
        edition_stock.territory_id,
        edition_stock.structure_type,
        previous_stock.stock as previous_stock,
        edition_stock.stock,
        edition_stock.stock - previous_stock.stock as revision,
        (edition_stock.stock - previous_stock.stock)
        / nullif(previous_stock.stock, 0) as revision_rate,
        cast(date_diff('month', edition_stock.month, editions.edition) as integer)
            as age_in_months,
    from editions
    inner join edition_stock using (edition, release)
    inner join edition_stock as previous_stock
        on
            editions.previous_edition = previous_stock.edition
            and editions.previous_release = previous_stock.release
            and edition_stock.month = previous_stock.month
            and edition_stock.territory_id = previous_stock.territory_id
            and edition_stock.structure_type = previous_stock.structure_type
    where edition_stock.stock != previous_stock.stock

)

select * from final
