{#
  The integer that stands for a person key (indicator.md, "The counted unit"): 64 bits of hash are joined,
  grouped and stored several times faster than the text, and are computed alike for every source.
#}
{% macro person_id(person_key) -%}
    hash({{ person_key }})
{%- endmacro %}
