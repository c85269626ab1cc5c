with

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

composite as (select * from {{ ref('fct_composite_stock') }}),

rounded_stock as (select * from {{ ref('rounded_stock') }}),

territories as (select * from {{ ref('dim_territories') }}),

exact_cells as (

    select
        month,
        territory_id,
        structure_type as component,
        stock,
    from stock_by_structure_type
    union all
    select
        month,
        territory_id,
        unnest(['official', 'constant']) as component,
        unnest([official_stock, constant_stock]) as stock,
    from composite

),

deviations as (

    select
        territories.territory_level,
        exact_cells.component,
        exact_cells.stock,
        rounded_stock.stock - exact_cells.stock as deviation,
    from exact_cells
    inner join territories using (territory_id)
    inner join rounded_stock using (month, territory_id, component)
    where exact_cells.stock is not null

),

final as (

    select
        territory_level,
        component,
        cast({{ var('open_data_rounding_base') }} as integer) as rounding_base,
        count(*) as nb_cells,
        count(*) filter (where deviation != 0) as nb_rounded_cells,
        count(*) filter (
            where stock > 0 and stock < {{ var('open_data_rounding_base') }}
        ) as nb_sensitive_cells,
        count(*) filter (
            where abs(deviation) >= {{ var('open_data_rounding_base') }}
        ) as nb_cells_beyond_base,
        avg(deviation) as mean_deviation,
        avg(abs(deviation)) as mean_absolute_deviation,
        max(abs(deviation)) as largest_deviation,
    from deviations
    group by all

)

select * from final
