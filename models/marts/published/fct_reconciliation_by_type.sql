with

stock_by_structure_type as (

    select * from {{ ref('fct_stock_by_structure_type') }}
    where territory_id = 'FR'

),

published_stock_by_type as (select * from {{ ref('published_stock_by_type') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

-- Synthetic figures are compared with nothing real.
final as (

    select
        stock_by_structure_type.month,
        stock_by_structure_type.structure_type,
        stock_by_structure_type.stock,
        published_stock_by_type.published_stock,
        published_stock_by_type.publication,
        stock_by_structure_type.stock - published_stock_by_type.published_stock as difference,
        (stock_by_structure_type.stock - published_stock_by_type.published_stock)
        / published_stock_by_type.published_stock as difference_rate,
    from stock_by_structure_type
    inner join published_stock_by_type using (month, structure_type)
    inner join coverage using (structure_type)
    where not coverage.is_synthetic

)

select * from final
