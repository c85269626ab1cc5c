with

published_figures as (

    select * from {{ ref('int_published_figures') }}

),

-- A figure that names no territory or month, or is no number, is not lost in silence: the tests of
-- the intermediate model stop the publication.
final as (

    select
        edition,
        month,
        territory_id,
        stock,
        edition = max(edition) over () as is_latest_edition,
    from published_figures
    where
        territory_id is not null
        and month is not null
        and stock is not null

)

select * from final
