with

published_figures as (select * from {{ ref('int_published_figures') }}),

published_series as (select * from {{ ref('published_series') }}),

-- A figure that names no territory or month, or is no number, is dropped here: the not_null tests
-- of the intermediate model fail the build.
figures as (

    select
        edition,
        month,
        territory_id,
        stock,
        edition = max(edition) over () as is_latest_edition,
        max(month) over (partition by edition) as last_month,
    from published_figures
    where
        territory_id is not null
        and month is not null
        and stock is not null

),

final as (

    select
        figures.edition,
        figures.month,
        figures.territory_id,
        figures.stock,
        cast(date_diff('month', figures.month, figures.edition) as integer) as age_in_months,
        figures.is_latest_edition,
        figures.month > figures.last_month - to_months(published_series.provisional_months)
            as is_provisional,
    from figures
    cross join published_series

)

select * from final
