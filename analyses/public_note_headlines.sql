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

spring_2020 as (

    select
        1 as claim_number,
        'February to April 2020' as claim,
        max(stock) filter (where month = date '2020-02-01') as stock_before,
        max(stock) filter (where month = date '2020-04-01') as stock_after,
        1 as nb_months,
    from country

),

compared_years (claim_number, claim, nb_years_before) as (

    values
    (2, 'January to September 2021 against 2020', 1),
    (3, 'January to September 2021 against 2019', 2)

),

means_compared as (

    select
        compared_years.claim_number,
        compared_years.claim,
        avg(before.stock) as stock_before,
        avg(country.stock) as stock_after,
        count(country.stock) as nb_months,
    from compared_years
    left join country
        on country.month between date '2021-01-01' and date '2021-09-01'
    left join country as before
        on country.month = before.month + to_years(compared_years.nb_years_before)
    group by all

),

claims as (

    select * from spring_2020
    union all
    select * from means_compared

),

final as (

    select
        date '{{ var("published_edition") }}' as edition,
        claim,
        stock_before,
        stock_after,
        stock_after - stock_before as change,
        100 * (stock_after - stock_before) / nullif(stock_before, 0) as change_percent,
        nb_months,
    from claims
    order by claim_number

)

select * from final
