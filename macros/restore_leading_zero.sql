{# A commune code or postcode of 4 digits has lost its leading zero: 1004 is 01004. #}
{% macro restore_leading_zero(code) -%}
    regexp_replace({{ code }}, '^([0-9]{4})$', '0\1')
{%- endmacro %}
