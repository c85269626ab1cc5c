with

months as (

    select distinct month from {{ ref('fct_composite_stock') }}

),

final as (

    select cast(days.day as date) as day,
    from
        unnest(
            generate_series(
                (select min(months.month) from months),
                (select last_day(max(months.month)) from months),
                interval 1 day
            )
        ) as days (day)

)

select * from final
