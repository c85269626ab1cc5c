{#-
    Writes that a run has begun, with which settings, on which extracts, and what it is about to build or test. What a run that
    is killed was to build stays 'running', and is not published (on-run-start, see record_build_end).
-#}
{% macro record_build_start() %}

    {%- if execute and flags.WHICH in build_commands() -%}

        {#- Not with load_relation: it leaves a transaction open, which dbt then rolls back. -#}
        {%- set extracts = run_query(
            "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'extracts'"
        ) -%}
        {%- if not extracts.rows -%}
            {%- do exceptions.raise_compiler_error(
                'The warehouse ' ~ target.path ~ ' holds no raw tables. Run `iae load` first.'
            ) -%}
        {%- endif -%}

        {#- Not as it was typed: it is published, and may name folders of the machine. -#}
        {%- set selection = [] -%}
        {%- for option in ['select', 'exclude', 'resource_types', 'exclude_resource_types'] -%}
            {%- if invocation_args_dict.get(option) -%}
                {%- set name = '--' ~ option.rstrip('s') | replace('_', '-') -%}
                {%- do selection.extend([name] + (invocation_args_dict[option] | list)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if invocation_args_dict.get('indirect_selection', 'eager') != 'eager' -%}
            {%- do selection.extend(['--indirect-selection', invocation_args_dict.indirect_selection]) -%}
        {%- endif -%}
        {%- set foreign = foreign_settings() -%}
        {%- set vars = invocation_args_dict.get('vars') -%}

        {#- Run here and not returned: dbt would go on after a hook whose SQL fails. -#}
        {%- do create_build_log() -%}
        {%- do record_project() -%}
        {%- do show_contents() -%}
        {%- do show_editions() -%}
        {%- do run_query("
            insert into raw.builds by name
            select
                '" ~ invocation_id ~ "' as invocation_id,
                (select coalesce(max(run_number), 0) + 1 from raw.builds) as run_number,
                " ~ sql_text((['dbt', flags.WHICH] + selection + foreign) | join(' ')) ~ " as command,
                " ~ sql_text(selection | join(' ') or none) ~ " as selection,
                " ~ sql_text(vars | string if vars else none) ~ " as vars,
                " ~ sql_text(foreign | join(' ') or none) ~ " as foreign_settings,
                'running' as status,
                timestamp '" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "' as started_at,
                coalesce(list(load_id order by load_id), []) as load_ids,
            from raw.extracts
            where is_current;

            delete from raw.node_results where unique_id in " ~ in_list(selected_resources) ~ ";

            insert into raw.node_results by name
            select
                unique_id,
                '" ~ invocation_id ~ "' as invocation_id,
                fingerprint,
                'running' as status,
            from raw.project_nodes
            where unique_id in " ~ in_list(selected_resources) ~ "
        ") -%}

    {%- endif -%}

{% endmacro %}
