{#
  The form in which codes are compared, in upper case (indicator.md, "Harmonising a code or a label"). Department: without an optional `D`
  or `FR-`, padded to three characters. Region: two digits; `FR-` goes before the three characters of an ISO code only, for `FR-75`
  is a department.
#}
{% macro territory_code_key(value_kind, code) -%}
    if(
        {{ value_kind }} = 'region',
        regexp_replace(
            regexp_replace({{ code }}, '^FR[- ]([A-Z]{3}|20R)$', '\1'), '^(\d)$', '0\1'
        ),
        regexp_replace(
            regexp_replace(
                regexp_replace({{ code }}, '^(?:D|FR[- ])', ''), '^(.)$', '0\1'
            ), '^(..)$', '0\1'
        )
    )
{%- endmacro %}
