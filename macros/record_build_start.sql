{#-
    Writes in raw.builds that a run has begun, and on which extracts. A run that is killed stays
    'running' there, and nothing is published on it (on-run-start, see record_build_end).
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
        {%- set words = ['dbt', flags.WHICH] -%}
        {%- for option in ['select', 'exclude'] if invocation_args_dict.get(option) -%}
            {%- do words.extend(['--' ~ option] + (invocation_args_dict[option] | list)) -%}
        {%- endfor -%}

        {#- Run here and not returned: dbt would go on after a hook whose SQL fails. -#}
        {%- set record -%}
        create table if not exists raw.builds (
            invocation_id varchar,
            command varchar,
            is_full boolean,
            started_at timestamp,
            ended_at timestamp,
            status varchar,
            nb_errors integer,
            warnings varchar[],
            load_ids integer[]
        );

        insert into raw.builds (invocation_id, command, is_full, started_at, status, load_ids)
        select
            '{{ invocation_id }}',
            '{{ words | join(" ") | replace("'", "''") }}',
            false,
            timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}',
            'running',
            coalesce(list(load_id order by load_id), []),
        from raw.extracts
        where is_current
        {%- endset -%}
        {%- do run_query(record) -%}

    {%- endif -%}

{% endmacro %}
