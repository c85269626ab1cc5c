{#
  The text where all of it is of a pattern, else empty. DuckDB computes it once for each distinct value of a block, which it
  does not with `regexp_full_match`.
#}
{% macro whole_match(text, pattern) -%}
    regexp_extract({{ text }}, '^(?:{{ pattern }})$')
{%- endmacro %}
