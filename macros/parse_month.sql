{#
  The first day of a month written as an ISO date (with or without a time), `2021-01`, `01/2021`, or a French month name,
  whole or abbreviated, with a year of two or four digits (`janv.-21`, `janvier 2021`); NULL for any other text
  (sources.md, "bpifrance_iti"). Case, accents and the kind of space do not matter.
#}
{% macro parse_month(column) -%}
    {%- set text -%}
        regexp_replace(lower(strip_accents(nfc_normalize({{ column }}))), '[\s\pZ]+', ' ', 'g')
    {%- endset -%}
    {%- set spellings = {
        'janvier': '01', 'janv': '01', 'jan': '01', 'fevrier': '02', 'fevr': '02', 'fev': '02', 'mars': '03', 'mar': '03',
        'avril': '04', 'avr': '04', 'mai': '05', 'juin': '06', 'juillet': '07', 'juill': '07', 'juil': '07', 'aout': '08',
        'aou': '08', 'septembre': '09', 'sept': '09', 'sep': '09', 'octobre': '10', 'oct': '10', 'novembre': '11',
        'nov': '11', 'decembre': '12', 'dec': '12',
    } -%}
    {%- set named_month = '([a-z]+)[ .\\-/]*(\\d{4}|\\d{2})' -%}
    case
        when regexp_full_match({{ text }}, '\d{4}-\d{2}-\d{2}([t ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?')
            then cast(date_trunc('month', try_cast(left({{ text }}, 10) as date)) as date)
        when regexp_full_match({{ text }}, '\d{4}-\d{2}')
            then try_cast({{ text }} || '-01' as date)
        when regexp_full_match({{ text }}, '\d{2}/\d{4}')
            then try_cast(right({{ text }}, 4) || '-' || left({{ text }}, 2) || '-01' as date)
        when regexp_full_match({{ text }}, '{{ named_month }}')
            then try_cast(
                right('20' || regexp_extract({{ text }}, '{{ named_month }}', 2), 4)
                || '-' || map {{ spellings }}[regexp_extract({{ text }}, '{{ named_month }}', 1)]
                || '-01' as date
            )
    end
{%- endmacro %}
