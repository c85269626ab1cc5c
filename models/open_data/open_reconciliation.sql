with

reconciliation as (select * from {{ ref('fct_reconciliation') }}),

composite as (select * from {{ ref('open_composite_stock') }}),

final as (

    select
        reconciliation.month,
        reconciliation.territory_id,
        composite.constant_stock,
        reconciliation.published_stock,
        composite.constant_stock - reconciliation.published_stock as difference,
        (composite.constant_stock - reconciliation.published_stock)
        / nullif(reconciliation.published_stock, 0) as difference_rate,
        reconciliation.published_age_in_months,
    from reconciliation
    inner join composite using (month, territory_id)

)

select * from final
