{#- The dbt commands that write the warehouse or test it. -#}
{% macro build_commands() %}
    {{ return(['build', 'run', 'seed', 'snapshot', 'test', 'retry']) }}
{% endmacro %}
