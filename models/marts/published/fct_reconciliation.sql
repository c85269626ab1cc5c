with

composite as (select * from {{ ref('fct_composite_stock') }}),

published_stock as (

    select * from {{ ref('fct_published_stock') }}
    where is_latest_edition

),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

scopes as (select * from {{ ref('composite_scopes') }}),

-- Mayotte is in the published national figure and outside the coverage of the indicator.
published_with_equal_coverage as (

    select
        month,
        territory_id,
        age_in_months,
        max(stock) filter (where territory_id = 'D976') over (partition by month) as mayotte_stock,
        stock - if(territory_id = 'FR', coalesce(mayotte_stock, 0), 0) as stock,
    from published_stock

),

-- Synthetic figures are compared with nothing real.
synthetic_components as (

    select scopes.structure_type
    from scopes
    inner join coverage using (structure_type)
    where
        scopes.scope = 'constant'
        and coverage.is_synthetic

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
        published_with_equal_coverage.age_in_months as published_age_in_months,
    from composite
    inner join published_with_equal_coverage using (month, territory_id)
    where
        composite.constant_stock is not null
        and not exists (from synthetic_components)

)

select * from final
