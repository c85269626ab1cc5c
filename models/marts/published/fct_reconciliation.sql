with

composite as (

    select * from {{ ref('fct_composite_stock') }}

),

published_stock as (

    select * from {{ ref('fct_published_stock') }}
    where is_latest_edition

),

mayotte as (

    select
        month,
        stock,
    from published_stock
    where territory_id = 'D976'

),

-- Mayotte is in the published national figure and outside the coverage of the indicator.
published_with_equal_coverage as (

    select
        published_stock.month,
        published_stock.territory_id,
        case published_stock.territory_id
            when 'FR' then published_stock.stock - coalesce(mayotte.stock, 0)
            else published_stock.stock
        end as stock,
    from published_stock
    left join mayotte
        on published_stock.month = mayotte.month

),

final as (

    select
        composite.month,
        composite.territory_id,
        composite.constant_stock,
        published_with_equal_coverage.stock as published_stock,
        composite.constant_stock - published_with_equal_coverage.stock as difference,
        (composite.constant_stock - published_with_equal_coverage.stock)
        / nullif(published_with_equal_coverage.stock, 0) as difference_rate,
    from composite
    inner join published_with_equal_coverage
        on
            composite.month = published_with_equal_coverage.month
            and composite.territory_id = published_with_equal_coverage.territory_id
    where composite.constant_stock is not null

)

select * from final
