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

reasons as (

    select
        unique_id,
        1 as reason_rank,
        build || ' was stopped before its end: run dbt build again.' as reason,
    from last_results
    where status = 'running'
    union all
    select
        unique_id,
        2 as reason_rank,
        name || ' failed in ' || build || ': mend it, then run dbt build.' as reason,
    from last_results
    where status not in ('running', 'skipped', 'success', 'pass', 'warn', 'no-op')
    union all
    select
        unique_id,
        3 as reason_rank,
        name || ' was skipped in ' || build || ': run dbt build.' as reason,
    from last_results
    where status = 'skipped'
    union all
    select
        unique_id,
        4 as reason_rank,
        name || ' has not been built: run dbt build.' as reason,
    from last_results
    where
        status is null
        and not is_test
    union all
    select
        unique_id,
        5 as reason_rank,
        name || ' comes from ' || build || ', and ' || foreign_settings
        || ' is not the project''s own setting: run dbt build without it.' as reason,
    from last_results
    where foreign_settings is not null
    union all
    select
        last_results.unique_id,
        6 as reason_rank,
        'Other extracts are current than those that ' || last_results.name
        || ' was built on: run dbt build.' as reason,
    from last_results
    cross join current_extracts
    where
        last_results.kind = 'model'
        and last_results.load_ids != current_extracts.load_ids
    union all
    select
        unique_id,
        if(is_test, 10, 7) as reason_rank,
        if(
            is_test,
            name || ' has changed since it ran: run dbt test.',
            'The code of ' || name || ' has changed since it was built: run dbt build.'
        ) as reason,
    from last_results
    where
        has_other_code
        and status is not null
    union all
    select
        last_results.unique_id,
        if(last_results.is_test, 11, 8) as reason_rank,
        if(
            last_results.is_test,
            rebuilt_parents.parent || ' was built again and the test "' || last_results.label
            || '" has not run since: run dbt test.',
            rebuilt_parents.parent || ' was built again and ' || last_results.name
            || ', which reads it, was not: run dbt build.'
        ) as reason,
    from last_results
    inner join rebuilt_parents using (unique_id)
    union all
    select
        unique_id,
        9 as reason_rank,
        name || ' was changed by something else than a build: run dbt build.' as reason,
    from last_results
    where
        has_other_contents
        and status = 'success'
    union all
    select
        unique_id,
        12 as reason_rank,
        name || ' has not run: run dbt test.' as reason,
    from last_results
    where
        status is null
        and is_test

),

first_reasons as (

    select
        unique_id,
        min(reason_rank) as reason_rank,
        min_by(reason, reason_rank) as reason,
    from reasons
    group by all

),

final as (

    select
        last_results.unique_id,
        last_results.kind,
        last_results.schema_name,
        last_results.table_name,
        last_results.invocation_id,
        last_results.warning,
        first_reasons.reason,
        first_reasons.reason_rank,
    from last_results
    left join first_reasons using (unique_id)

)

select * from final
