{#
  The 14 digits of a SIRET, NULL for any other text (sources.md, "SIRET"): what a spreadsheet adds goes, and dots
  between digits; 12 or 13 digits have lost their leading zeros; what a spreadsheet ruined (`4,12341E+13`) is not a SIRET.
#}
{% macro parse_siret(column) -%}
    {%- set code = strip_spreadsheet_marks(column) -%}
    case
        when regexp_full_match({{ code }}, '\d(?:\.?\d){11,13}')
            then lpad(replace({{ code }}, '.', ''), 14, '0')
    end
{%- endmacro %}
