with

edition_cells as (select * from {{ ref('int_edition_cells') }}),

editions as (

    select distinct
        edition,
        release,
        is_synthetic,
        published_at,
    from edition_cells

),

-- Real with real, synthetic with synthetic (docs/statistics.md, "Our own editions").
editions_in_order as (

    select
        edition,
        release,
        lag(edition) over (
            partition by is_synthetic
            order by edition, release
        ) as previous_edition,
        lag(release) over (
            partition by is_synthetic
            order by edition, release
        ) as previous_release,
        is_synthetic,
        published_at,
    from editions

),

final as (

    select
        edition,
        release,
        previous_edition,
        previous_release,
        case
            when previous_edition = edition then 'correction'
            when previous_edition is not null then 'new_extract'
        end as kind,
        is_synthetic,
        published_at,
    from editions_in_order

)

select * from final
