-- A view: a run ends after its marts are built, and the publication must tell how it ended.
{{ config(materialized='view') }}

with

builds as (select * from {{ ref('stg_loader__builds') }}),

proof as (select * from {{ ref('int_publication_proof') }}),

-- The runs in which something that is published was last built or tested.
warnings_by_build as (

    select
        invocation_id,
        coalesce(
            list(distinct warning order by warning) filter (where warning is not null), []
        ) as warnings,
    from proof
    where invocation_id is not null
    group by all

),

final as (

    select
        builds.invocation_id,
        builds.command,
        builds.selection,
        builds.vars,
        builds.status,
        builds.started_at,
        builds.ended_at,
        warnings_by_build.warnings,
    from builds
    inner join warnings_by_build using (invocation_id)

)

select * from final
