{#- The text of a file; an empty one where there is no such file. -#}
{% macro file_content(folder, name) %}
    {%- set path = in_folder(folder, name) -%}
    {%- if run_query('select 1 from glob(' ~ path ~ ')').rows -%}
        {{ return(run_query('select content from read_text(' ~ path ~ ')').rows[0][0]) }}
    {%- endif -%}
    {{ return('') }}
{% endmacro %}
