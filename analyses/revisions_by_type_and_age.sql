-- Question: by how much do later editions revise the country's figure of a month, according to its
-- age: in our own editions, type by type, and in the published series?
-- Expected shape: one row per series (`ours`, `published`), structure type and age in months,
-- youngest first; the published series is a composite, so that its type is `composite`. Revisions
-- are in persons, then as rates of the figure before: mean size (without the sign) and root mean
-- square. Ours has the figures that changed, without corrections; the published one has all.
with

own_revisions as (

    select * from {{ ref('fct_stock_revisions').include(database=false) }}
    where
        kind = 'new_extract'
        and territory_id = 'FR'

),

published_revisions as (

    select * from {{ ref('fct_published_revisions').include(database=false) }}
    where territory_id = 'FR'

),

revisions as (

    select
        'ours' as series,
        structure_type,
        age_in_months,
        revision,
        revision_rate,
    from own_revisions
    union all
    select
        'published' as series,
        'composite' as structure_type,
        age_in_months,
        revision,
        revision_rate,
    from published_revisions

),

final as (

    select
        series,
        structure_type,
        age_in_months,
        count(*) as nb_revisions,
        avg(revision) as mean_revision,
        avg(abs(revision_rate)) as mean_absolute_revision_rate,
        sqrt(avg(revision_rate * revision_rate)) as root_mean_square_revision_rate,
    from revisions
    group by all
    order by
        series asc,
        structure_type asc,
        age_in_months asc

)

select * from final
