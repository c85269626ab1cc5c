{#
  The value of a text made of digits only (`08` is 8), NULL for any other text: DuckDB alone would round `1.5` and read `1e3`.
  A number too large for an integer is the largest one: it stays a number, so that range rules see it.
#}
{% macro parse_whole_number(column) -%}
    {%- set digits = whole_match(column, '\\d+') -%}
    coalesce(try_cast({{ digits }} as integer), if({{ digits }} != '', 2147483647, null))
{%- endmacro %}
