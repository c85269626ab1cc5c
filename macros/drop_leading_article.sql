{# A normalised label without one leading article (LE, LA, LES, L): "L AIN" is AIN. #}
{% macro drop_leading_article(normalised_label) -%}
    regexp_replace({{ normalised_label }}, '^(LE|LA|LES|L) ', '')
{%- endmacro %}
