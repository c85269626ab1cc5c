with

published_stock as (select * from {{ ref('fct_published_stock') }}),

final as (

    select
        edition,
        month,
        territory_id,
        stock,
        age_in_months,
        is_latest_edition,
        is_provisional,
    from published_stock

)

select * from final
