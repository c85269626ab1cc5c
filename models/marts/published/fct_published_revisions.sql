with

published_stock as (select * from {{ ref('fct_published_stock') }}),

final as (

    select
        month,
        territory_id,
        edition,
        lag(stock) over (partition by month, territory_id order by edition) as previous_stock,
        stock,
        stock - previous_stock as revision,
        (stock - previous_stock) / nullif(previous_stock, 0) as revision_rate,
        age_in_months,
    from published_stock
    -- The first edition of a month revises nothing.
    qualify previous_stock is not null

)

select * from final
