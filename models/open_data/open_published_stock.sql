with

published_stock as (

    select * from {{ ref('fct_published_stock') }}

),

final as (

    select
        edition,
        month,
        territory_id,
        stock,
        is_latest_edition,
    from published_stock

)

select * from final
