{#-
    Writes in raw.builds how a run ended: green when nothing failed, full when it
    ran every model, seed and test there is. `iae publish` reads it (on-run-end).
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
        {%- for node in graph.nodes.values() -%}
            {%- if
                node.resource_type in ['model', 'seed', 'snapshot', 'test']
                and node.config.materialized != 'ephemeral'
                and node.unique_id not in done
            -%}
                {%- do left_out.append(node.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}
        {#- Unit tests are not in the graph: they are all there when nothing was selected. -#}
        {%- set is_selection = [] -%}
        {%- for option in [
            'select', 'exclude', 'selector', 'resource_types', 'exclude_resource_types', 'empty'
        ] -%}
            {%- if invocation_args_dict.get(option) -%}
                {%- do is_selection.append(option) -%}
            {%- endif -%}
        {%- endfor -%}

        update raw.builds
        set
            is_full = {{ flags.WHICH == 'build' and not left_out and not is_selection }},
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
