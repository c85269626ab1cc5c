with

editions as (select * from {{ ref('int_editions') }}),

edition_cells as (select * from {{ ref('int_edition_cells') }}),

revisions as (select * from {{ ref('fct_stock_revisions') }}),

cells_by_edition as (

    select
        edition,
        release,
        count(*) as nb_cells,
    from edition_cells
    group by all

),

edition_months as (

    select distinct
        edition,
        release,
        month,
    from edition_cells

),

new_months_by_edition as (

    select
        editions.edition,
        editions.release,
        count(*) as nb_new_months,
    from editions
    inner join edition_months using (edition, release)
    left join edition_months as previous_months
        on
            editions.previous_edition = previous_months.edition
            and editions.previous_release = previous_months.release
            and edition_months.month = previous_months.month
    where previous_months.month is null
    group by all

),

-- Cells as they are archived: regions and the country are sums of them.
revisions_by_edition as (

    select
        edition,
        release,
        count(*) as nb_revised_cells,
        max_by(revision, (abs(revision), revision)) as largest_revision,
    from revisions
    where territory_id[1] in ('D', 'N')
    group by all

),

final as (

    select
        editions.edition,
        editions.release,
        editions.published_at,
        editions.is_synthetic,
        cells_by_edition.nb_cells,
        coalesce(revisions_by_edition.nb_revised_cells, 0) as nb_revised_cells,
        coalesce(new_months_by_edition.nb_new_months, 0) as nb_new_months,
        revisions_by_edition.largest_revision,
    from editions
    inner join cells_by_edition using (edition, release)
    left join new_months_by_edition using (edition, release)
    left join revisions_by_edition using (edition, release)

)

select * from final
