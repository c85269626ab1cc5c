with

open_stock as (select * from {{ ref('open_stock_by_structure_type') }}),

composite as (select * from {{ ref('open_composite_stock') }}),

scopes as (select * from {{ ref('composite_scopes') }}),

sums as (

    select
        open_stock.month,
        open_stock.territory_id,
        sum(open_stock.stock) filter (where scopes.scope = 'official') as official_stock,
        sum(open_stock.stock) filter (where scopes.scope = 'constant') as constant_stock,
    from open_stock
    inner join scopes
        on
            open_stock.structure_type = scopes.structure_type
            and open_stock.month >= scopes.first_month
    group by all

),

final as (

    select
        composite.month,
        composite.territory_id,
    from composite
    left join sums using (month, territory_id)
    where
        composite.official_stock != coalesce(sums.official_stock, -1)
        or composite.constant_stock != coalesce(sums.constant_stock, -1)

)

select * from final
