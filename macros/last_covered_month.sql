{# Last month fully elapsed at a date, the last day of a month counting as elapsed (indicator.md, "Months"). #}
{% macro last_covered_month(extract_date) -%}
    cast(date_trunc('month', {{ extract_date }} + 1) - interval 1 month as date)
{%- endmacro %}
