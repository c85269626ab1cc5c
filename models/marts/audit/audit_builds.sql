-- A view: a run ends after its marts are built, and the publication must tell how it ended.
{{ config(materialized='view') }}

with

builds as (

    select * from {{ ref('stg_loader__builds') }}

),

last_full as (

    select max(started_at) as started_at,
    from builds
    where
        is_full
        and status = 'green'

),

final as (

    select
        builds.invocation_id,
        builds.command,
        builds.status,
        builds.is_full,
        builds.started_at,
        builds.ended_at,
        builds.warnings,
    from builds
    cross join last_full
    where builds.started_at >= last_full.started_at

)

select * from final
