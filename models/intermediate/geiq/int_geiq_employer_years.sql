with

list_rows as (select * from {{ ref('stg_geiq__listes') }}),

employers_listed as (select * from {{ ref('int_geiq_employers_listed') }}),

months as (select * from {{ ref('int_months') }}),

calendar_years as (

    select distinct year(month) as calendar_year from months

),

lists as (

    select distinct list_year from list_rows

),

-- Where the list of a year is missing, that of the nearest earlier year, else of the nearest later
-- one (indicator.md, "GEIQ contracts").
list_of_each_year as (

    select
        calendar_years.calendar_year,
        coalesce(
            max(lists.list_year) filter (where lists.list_year <= calendar_years.calendar_year),
            min(lists.list_year)
        ) as list_year,
    from calendar_years
    cross join lists
    group by calendar_years.calendar_year

),

final as (

    select
        employers_listed.siret,
        list_of_each_year.calendar_year,
    from list_of_each_year
    inner join employers_listed using (list_year)

)

select * from final
