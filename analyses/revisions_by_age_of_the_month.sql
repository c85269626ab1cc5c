-- Question: by how much is a month of the published series revised, according to its age at the
-- edition that revises it? It says how long a month stays provisional.
-- Expected shape: one row per territory level and age in months, youngest first; mean revision in
-- persons, then as rates of the figure before: mean, mean size (without the sign) and extremes.
-- Every edition after the first is in it. Months of 0 people before have no rate.
with

revisions as (

    select * from {{ ref('fct_published_revisions').include(database=false) }}

),

territories as (

    select * from {{ ref('dim_territories').include(database=false) }}

),

final as (

    select
        territories.territory_level,
        revisions.age_in_months,
        count(*) as nb_revisions,
        avg(revisions.revision) as mean_revision,
        avg(revisions.revision_rate) as mean_revision_rate,
        avg(abs(revisions.revision_rate)) as mean_absolute_revision_rate,
        min(revisions.revision_rate) as lowest_revision_rate,
        max(revisions.revision_rate) as highest_revision_rate,
    from revisions
    inner join territories using (territory_id)
    group by
        territories.territory_level,
        revisions.age_in_months
    order by
        case territories.territory_level
            when 'national' then 1
            when 'regional' then 2
            else 3
        end asc,
        revisions.age_in_months asc

)

select * from final
