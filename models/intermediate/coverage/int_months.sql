with

-- An extract from before the first month of its type covers nothing.
coverage as (

    select * from {{ ref('int_structure_type_coverage') }}
    where last_month >= first_month

),

final as (

    select
        cast(series.month as date) as month,
        last_day(series.month) as last_day,
    from
        unnest(
            generate_series(
                cast('{{ var("series_start") }}' as date),
                (select max(coverage.last_month) from coverage),
                interval 1 month
            )
        ) as series (month)

)

select * from final
