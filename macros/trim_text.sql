{# Text without the white space around it (line breaks and no-break spaces included); NULL when nothing is left. #}
{% macro trim_text(column) -%}
    nullif(trim({{ column }}, concat(e' \t\r\n', chr(160), chr(8239))), '')
{%- endmacro %}
