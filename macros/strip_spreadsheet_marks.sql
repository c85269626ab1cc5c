{#
  A code without what spreadsheets add to it: a leading `'`, `="…"` around it, a trailing `.0` or `,0`, spaces of any kind,
  the invisible ones included (indicator.md, "Harmonising a code or a label"). Every code is read through it.
#}
{% macro strip_spreadsheet_marks(code) -%}
    regexp_replace(
        regexp_replace({{ code }}, '[\s\pZ\pC]', '', 'g'),
        '^''?(?:="''?(.*?)(?:[.,]0)?"|(.*?)(?:[.,]0)?)$', '\1\2'
    )
{%- endmacro %}
