with

-- An extract from before the first month of its type covers nothing.
coverage as (

    select * from {{ ref('int_structure_type_coverage') }}
    where last_month >= first_month

),

months as (

    select cast(series.month as date) as month
    from
        unnest(
            generate_series(
                cast('{{ var("series_start") }}' as date),
                (select max(coverage.last_month) from coverage),
                interval 1 month
            )
        ) as series (month)

),

final as (

    select
        month,
        last_day(month) as last_day,
        cast(row_number() over (order by month) - 1 as integer) as month_number,
        set_bit(bitstring('0', cast(count(*) over () as integer)), month_number, 1) as month_mask,
    from months

)

select * from final
