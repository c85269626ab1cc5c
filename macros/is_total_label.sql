{# Whether a cell says that its row is a total (sources.md, "bpifrance_iti"). #}
{% macro is_total_label(cell) -%}
    regexp_matches({{ normalise_label(cell) }}, '^(TOTAL|SOUS TOTAL|ENSEMBLE)')
{%- endmacro %}
