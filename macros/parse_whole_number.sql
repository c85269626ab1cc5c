{#
  The value of a text made of digits only (`08` is 8), NULL for any other text. A number too large for an
  integer is the largest one: it stays a number, so that range rules see it.
#}
{% macro parse_whole_number(column) -%}
    case
        when regexp_full_match({{ column }}, '\d+')
            then coalesce(try_cast({{ column }} as integer), 2147483647)
    end
{%- endmacro %}
