{#
  A whole number that may have spaces between its thousands (plain, no-break or thin: `1 234`), NULL for any other
  text: a sign, a decimal part or a space elsewhere makes it no count (indicator.md, "ITI entries"). An integer holds it, so
  that no sum of counts can overflow.
#}
{% macro parse_spaced_whole_number(column) -%}
    case
        when regexp_full_match({{ column }}, '\d+|\d{1,3}([\s\pZ]\d{3})+')
            then try_cast(regexp_replace({{ column }}, '[\s\pZ]', '', 'g') as integer)
    end
{%- endmacro %}
