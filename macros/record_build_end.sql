{#-
    Writes how a run ended, and the result of each relation and test: `iae publish` goes by it (on-run-end, see
    record_build_start).
-#}
{% macro record_build_end(results) %}

    {%- if execute and flags.WHICH in build_commands() -%}

        {%- set failed = [] -%}
        {%- set ended = [] -%}
        {%- for result in results -%}
            {%- if result.status not in ['success', 'pass', 'warn', 'no-op', 'skipped'] -%}
                {%- do failed.append(result.node.unique_id) -%}
            {%- endif -%}
            {%- set warning = describe_test(result.node) ~ ': ' ~ result.failures if result.status == 'warn' -%}
            {%- set timing = result.timing | map(attribute='started_at') | list -%}
            {%- set ends = result.timing | map(attribute='completed_at') | list -%}
            {%- do ended.append({
                'unique_id': result.node.unique_id,
                'status': result.status | string,
                'warning': warning if warning else none,
                'started_at': (timing[0] if timing else run_started_at) | string,
                'ended_at': (ends[-1] if ends else run_started_at) | string,
            }) -%}
        {%- endfor -%}

        {%- do show_contents() -%}
        {%- if ended -%}
            {%- do run_query("
                delete from raw.node_results
                where unique_id in " ~ in_list(results | map(attribute='node.unique_id') | list) ~ ";

                insert into raw.node_results
                select
                    results.unique_id,
                    '" ~ invocation_id ~ "',
                    nodes.fingerprint,
                    contents.contents,
                    results.status,
                    results.warning,
                    results.started_at::timestamp,
                    results.ended_at::timestamp,
                from " ~ rows_of_json(ended, {
                    'unique_id': 'varchar',
                    'status': 'varchar',
                    'warning': 'varchar',
                    'started_at': 'varchar',
                    'ended_at': 'varchar',
                }) ~ " as results
                inner join raw.project_nodes as nodes using (unique_id)
                left join raw.contents on nodes.kind in ('model', 'seed') and nodes.name = contents.name
            ") -%}
        {%- endif -%}
        {%- do run_query("
            update raw.builds
            set
                ended_at = now() at time zone 'UTC',
                status = '" ~ ('failed' if failed else 'green') ~ "'
            where invocation_id = '" ~ invocation_id ~ "'
        ") -%}

    {%- endif -%}

{% endmacro %}
