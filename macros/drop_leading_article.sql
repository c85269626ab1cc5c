{# A normalised label without one leading article: "L AIN", "DE L AIN" and "DES LANDES" are AIN and LANDES. #}
{% macro drop_leading_article(normalised_label) -%}
    regexp_replace({{ normalised_label }}, '^(?:LE|LA|LES|L|DE LA|DE L|DE|D|DU|DES) ', '')
{%- endmacro %}
