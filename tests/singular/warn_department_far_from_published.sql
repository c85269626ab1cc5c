-- A department whose constant scope is further from the published series than the threshold, a var,
-- in a month that both cover and that was old enough at its edition to be settled.
{{ config(severity='warn') }}

with

reconciliation as (

    select * from {{ ref('fct_reconciliation') }}

),

published_series as (

    select * from {{ ref('published_series') }}

),

final as (

    select
        territory_id,
        count(*) as nb_months,
        min(month) as first_month,
        max(month) as last_month,
        max(abs(difference)) as largest_difference,
    from reconciliation
    cross join published_series
    where
        territory_id like 'D%'
        and published_age_in_months >= settled_after_months
        and abs(difference) > {{ var('reconciliation_max_difference_rate') }} * published_stock
    group by territory_id

)

select * from final
