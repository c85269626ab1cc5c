{# The part of a commune code or postcode that can be a department: two characters, three overseas. #}
{% macro department_prefix(code) -%}
    left({{ code }}, if(left({{ code }}, 2) in ('97', '98'), 3, 2))
{%- endmacro %}
