{# Text without the white space around it (line breaks and no-break spaces included); NULL when nothing is left. #}
{% macro trim_text(column) -%}
    nullif(trim({{ column }}, e' \t\r\n\u00a0\u202f'), '')
{%- endmacro %}
