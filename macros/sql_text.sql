{#- A text as SQL writes it; NULL where there is none. -#}
{% macro sql_text(text) -%}
    {%- if text is none -%}
        null
    {%- else -%}
        '{{ text | string | replace("'", "''") }}'
    {%- endif -%}
{%- endmacro %}
