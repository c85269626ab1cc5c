{#-
    Writes in raw.builds how a run ended: green when nothing failed, full when it
    built every model and seed there is. `iae publish` reads it (on-run-end).
-#}
{% macro record_build_end(results) %}

    {%- if execute and flags.WHICH in build_commands() -%}

        {%- set errors = [] -%}
        {%- set warnings = [] -%}
        {%- set done = [] -%}
        {%- for result in results -%}
            {%- do done.append(result.node.unique_id) -%}
            {%- if result.status == 'warn' -%}
                {%- do warnings.append(describe_test(result.node) ~ ': ' ~ result.failures) -%}
            {#- What is skipped comes after an error, which counts. -#}
            {%- elif result.status not in ['success', 'pass', 'no-op', 'skipped'] -%}
                {%- do errors.append(result.node.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}

        {%- set left_out = [] -%}
        {%- set tests_left_out = [] -%}
        {%- for node in graph.nodes.values() if node.unique_id not in done -%}
            {%- if node.resource_type == 'test' -%}
                {%- do tests_left_out.append(node.unique_id) -%}
            {%- elif
                node.resource_type in ['model', 'seed', 'snapshot']
                and node.config.materialized != 'ephemeral'
            -%}
                {%- do left_out.append(node.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set is_full =
            flags.WHICH == 'build' and not left_out and not invocation_args_dict.get('empty')
        -%}
        {%- if is_full and tests_left_out -%}
            {%- do warnings.append('Data tests that the build left out: ' ~ tests_left_out | length) -%}
        {%- endif -%}

        update raw.builds
        set
            is_full = {{ is_full }},
            ended_at = now() at time zone 'UTC',
            status = '{{ "failed" if errors else "green" }}',
            nb_errors = {{ errors | length }},
            warnings = [
                {%- for warning in warnings -%}
                    '{{ warning | replace("'", "''") }}'{{ ', ' if not loop.last }}
                {%- endfor -%}
            ]
        where invocation_id = '{{ invocation_id }}'

    {%- endif -%}

{% endmacro %}
