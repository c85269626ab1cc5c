{#
  The 14 digits of a SIRET, NULL for any other text (sources.md, "asp_contrats_aides"): spaces go, 12 or 13 digits have
  lost their leading zeros, and what a spreadsheet ruined (`4,12341E+13`) is not a SIRET.
#}
{% macro parse_siret(column) -%}
    case
        when regexp_full_match(regexp_replace({{ column }}, '[\s\pZ]', '', 'g'), '\d{12,14}')
            then lpad(regexp_replace({{ column }}, '[\s\pZ]', '', 'g'), 14, '0')
    end
{%- endmacro %}
