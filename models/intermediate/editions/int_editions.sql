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
final as (

    select
        edition,
        release,
        lag(edition) over like_editions as previous_edition,
        lag(release) over like_editions as previous_release,
        case
            when previous_edition = edition then 'correction'
            when previous_edition is not null then 'new_extract'
        end as kind,
        is_synthetic,
        published_at,
    from editions
    window like_editions as (partition by is_synthetic order by edition, release)

)

select * from final
