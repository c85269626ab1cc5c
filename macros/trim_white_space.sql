{#
  Text without the white space around it (line breaks and no-break spaces included), empty when nothing is left: for what a
  parser reads. One function of one column, so that DuckDB computes it once for each distinct value of a block.
#}
{% macro trim_white_space(column) -%}
    trim({{ column }}, concat(e' \t\r\n', chr(160), chr(8239)))
{%- endmacro %}
