{#
  A whole number to sort by, such as an amendment number or an id: NULL for any other text, which is then the lowest
  (indicator.md, "Rows that do not count"). DuckDB alone would round `1.5` and read `1e3`.
#}
{% macro parse_rank(column) -%}
    try_cast({{ whole_match(column, '-?\\d{1,38}') }} as hugeint)
{%- endmacro %}
