{#
  A date of the extracts as a timestamp, or NULL. The only two forms are `DD/MM/YYYY` and `DD/MM/YYYY HH:MM:SS`
  (indicator.md, "Rows that do not count"): `strptime` alone would also take `1/2/2020` and two-digit years.
  A date without a time is midnight.
#}
{% macro parse_date(column) -%}
    try_strptime(
        {{ whole_match(column, '\d\d/\d\d/\d{4}(?: \d\d:\d\d:\d\d)?') }},
        ['%d/%m/%Y', '%d/%m/%Y %H:%M:%S']
    )
{%- endmacro %}
