-- A department whose constant scope is further from the published series than the threshold, a var,
-- in a month that both cover and that was old enough at its edition to be settled.
{{ config(severity='warn') }}

with

reconciliation as (select * from {{ ref('fct_reconciliation') }}),

published_series as (select * from {{ ref('published_series') }}),

final as (

    select
        reconciliation.territory_id,
        count(*) as nb_months,
        min(reconciliation.month) as first_month,
        max(reconciliation.month) as last_month,
        max(abs(reconciliation.difference)) as largest_difference,
    from reconciliation
    cross join published_series
    where
        reconciliation.territory_id like 'D%'
        and reconciliation.published_age_in_months >= published_series.settled_after_months
        and abs(reconciliation.difference)
        > {{ var('reconciliation_max_difference_rate') }} * reconciliation.published_stock
    group by reconciliation.territory_id

)

select * from final
