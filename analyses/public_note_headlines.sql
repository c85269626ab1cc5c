-- Question: do the headline figures of the indicator's public note hold in an edition of the
-- published series? The note says: a fall of 36 % in spring 2020 (February to April); from January
-- to September 2021 some 18,000 people more on average, +15 %, than in the same months of 2020, and
-- +5 % on those of 2019.
-- Edition: var `published_edition` (dbt compile --vars '{published_edition: "2023-01-18"}').
-- Expected shape: 3 rows, one per claim, with the two figures compared (means for the months of
-- 2021), the change in persons and in per cent, and the number of months that each mean is over. A
-- month that the edition does not have yet is left out of the year compared as well; NULL where the
-- edition has none of them.
with

country as (

    select * from {{ ref('fct_published_stock').include(database=false) }}
    where
        edition = date '{{ var("published_edition") }}'
        and territory_id = 'FR'

),

claims (claim, first_month, last_month, nb_months_before) as (

    values
    ('February to April 2020', date '2020-04-01', date '2020-04-01', 2),
    ('January to September 2021 against 2020', date '2021-01-01', date '2021-09-01', 12),
    ('January to September 2021 against 2019', date '2021-01-01', date '2021-09-01', 24)

),

final as (

    select
        date '{{ var("published_edition") }}' as edition,
        claims.claim,
        avg(before.stock) as stock_before,
        avg(country.stock) as stock_after,
        stock_after - stock_before as change,
        100 * change / nullif(stock_before, 0) as change_percent,
        count(country.stock) as nb_months,
    from claims
    left join country
        on country.month between claims.first_month and claims.last_month
    left join country as before
        on country.month = before.month + to_months(claims.nb_months_before)
    group by
        claims.claim,
        claims.first_month,
        claims.nb_months_before
    order by
        claims.first_month asc,
        claims.nb_months_before asc

)

select * from final
