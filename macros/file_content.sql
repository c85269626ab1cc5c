{#- The text of a file of the project; an empty one where there is no such file. -#}
{% macro file_content(path) %}
    {%- set found = run_query("select count(*) from glob('" ~ path ~ "')") -%}
    {%- if found.rows[0][0] -%}
        {{ return(run_query("select content from read_text('" ~ path ~ "')").rows[0][0]) }}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}
