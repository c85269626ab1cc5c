-- A department whose constant scope is further from the published series than the threshold, a var,
-- in a month that both cover.
{{ config(severity='warn') }}

with

reconciliation as (

    select * from {{ ref('fct_reconciliation') }}

),

final as (

    select
        month,
        territory_id,
        constant_stock,
        published_stock,
        difference,
        difference_rate,
    from reconciliation
    where
        territory_id like 'D%'
        and abs(difference) > {{ var('reconciliation_max_difference_rate') }} * published_stock

)

select * from final
