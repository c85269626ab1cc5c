-- Question: which months of the year are high and low in each structure type?
-- Expected shape: one row per structure type and calendar month, up to 12 per type; the index is
-- 100 where the month is at the level of the 12 months centred on it, so that a type that grows has
-- no season for it. August is the low of AI. A month needs 6 months on both sides: the last half
-- year is not in it. The median of the years keeps an odd one, such as 2020, from counting.
with

stock_by_structure_type as (

    select * from {{ ref('fct_stock_by_structure_type').include(database=false) }}
    where territory_id = 'FR'

),

-- Mean of two means of 12 months, half a month early and half a month late: centred on the month.
trends as (

    select
        structure_type,
        month,
        stock,
        (
            avg(stock) over (months_of_type rows between 6 preceding and 5 following)
            + avg(stock) over (months_of_type rows between 5 preceding and 6 following)
        ) / 2 as trend,
        count(*) over (months_of_type rows between 6 preceding and 6 following) as nb_months,
    from stock_by_structure_type
    window months_of_type as (
        partition by structure_type
        order by month
    )

),

final as (

    select
        structure_type,
        month(month) as calendar_month,
        count(*) as nb_years,
        median(100 * stock / trend) as seasonal_index,
    from trends
    where
        nb_months = 13
        and trend > 0
    group by all
    order by
        structure_type,
        calendar_month

)

select * from final
