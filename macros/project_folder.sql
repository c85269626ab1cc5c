{#- The folder of the project that dbt reads, which need not be the one it was started in. -#}
{% macro project_folder() -%}
    {{ (invocation_args_dict.get('project_dir') or '.').rstrip('/') }}
{%- endmacro %}
