{#- The rows of a list that a macro has gathered, for a `from`; `types` gives the type of each field. -#}
{% macro rows_of_json(rows, types) -%}
    (select unnest(from_json({{ sql_text(tojson(rows)) }}, {{ sql_text(tojson([types])) }}), max_depth := 2))
{%- endmacro %}
