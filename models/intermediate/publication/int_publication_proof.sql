-- A view: it must tell how things stand when it is read, after the run that built it.
{{ config(materialized='view') }}

with

project_nodes as (select * from {{ ref('stg_loader__project_nodes') }}),

node_results as (select * from {{ ref('stg_loader__node_results') }}),

builds as (select * from {{ ref('stg_loader__builds') }}),

contents as (select * from {{ ref('stg_loader__contents') }}),

extracts as (

    select * from {{ ref('stg_loader__extracts') }}
    where is_current

),

current_extracts as (

    select coalesce(list(load_id order by load_id), []) as load_ids,
    from extracts

),

-- Every relation and test that the project has, with its last result if it has one.
last_results as (

    select
        project_nodes.unique_id,
        project_nodes.kind,
        if(
            project_nodes.kind in ('test', 'unit_test'),
            'Test "' || project_nodes.name || '"',
            project_nodes.name
        ) as name,
        project_nodes.name as label,
        project_nodes.schema_name,
        project_nodes.table_name,
        node_results.invocation_id,
        '`' || builds.command || '` of ' || strftime(builds.started_at, '%Y-%m-%d %H:%M:%S UTC')
            as build,
        builds.foreign_settings,
        node_results.warning,
        node_results.status,
        project_nodes.parents,
        builds.run_number,
        builds.load_ids,
        project_nodes.kind in ('test', 'unit_test') as is_test,
        coalesce(node_results.fingerprint, '') != project_nodes.fingerprint as has_other_code,
        coalesce(node_results.contents, '') != coalesce(contents.contents, '')
            as has_other_contents,
        node_results.started_at,
        node_results.ended_at,
    from project_nodes
    left join node_results using (unique_id)
    left join builds using (invocation_id)
    left join contents using (name)

),

parents_of_nodes as (

    select
        unique_id,
        unnest(parents) as parent_id,
    from last_results

),

-- Runs are put in order by their number: clocks go back. A unit test needs no rows: it comes before
-- its model in the run that builds both.
rebuilt_parents as (

    select
        last_results.unique_id,
        min(parents.name) as parent,
    from last_results
    inner join parents_of_nodes using (unique_id)
    inner join last_results as parents
        on parents_of_nodes.parent_id = parents.unique_id
    where
        last_results.run_number < parents.run_number
        or (
            last_results.run_number = parents.run_number
            and last_results.started_at < parents.ended_at
            and last_results.kind != 'unit_test'
        )
    group by all

),

-- The first of the obstacles, in the order in which they are told.
obstacles as (

    select
        last_results.*,
        rebuilt_parents.parent,
        case
            when last_results.status = 'running' then 1
            when last_results.status not in ('skipped', 'success', 'pass', 'warn', 'no-op') then 2
            when last_results.status = 'skipped' then 3
            when last_results.status is null and not last_results.is_test then 4
            when last_results.foreign_settings is not null then 5
            when
                last_results.kind = 'model'
                and last_results.load_ids != current_extracts.load_ids
                then 6
            when last_results.has_other_code and last_results.status is not null
                then if(last_results.is_test, 10, 7)
            when rebuilt_parents.parent is not null then if(last_results.is_test, 11, 8)
            when last_results.has_other_contents and last_results.status = 'success' then 9
            when last_results.status is null then 12
        end as reason_rank,
    from last_results
    cross join current_extracts
    left join rebuilt_parents using (unique_id)

),

final as (

    select
        unique_id,
        kind,
        schema_name,
        table_name,
        invocation_id,
        warning,
        case reason_rank
            when 1 then build || ' was stopped before its end: run dbt build again.'
            when 2 then name || ' failed in ' || build || ': mend it, then run dbt build.'
            when 3 then name || ' was skipped in ' || build || ': run dbt build.'
            when 4 then name || ' has not been built: run dbt build.'
            when 5
                then
                    name || ' comes from ' || build || ', and ' || foreign_settings
                    || ' is not the project''s own setting: run dbt build without it.'
            when 6
                then
                    'Other extracts are current than those that ' || name
                    || ' was built on: run dbt build.'
            when 7 then 'The code of ' || name || ' has changed since it was built: run dbt build.'
            when 8
                then
                    parent || ' was built again and ' || name
                    || ', which reads it, was not: run dbt build.'
            when 9 then name || ' was changed by something else than a build: run dbt build.'
            when 10 then name || ' has changed since it ran: run dbt test.'
            when 11
                then
                    parent || ' was built again and the test "' || label
                    || '" has not run since: run dbt test.'
            when 12 then name || ' has not run: run dbt test.'
        end as reason,
        reason_rank,
    from obstacles

)

select * from final
