{#-
    A label in the form in which labels are compared (indicator.md, "Harmonising a code or a label"):
    accents dropped, upper case, every run of anything but letters and digits one space,
    ST and STE written SAINT and SAINTE. The leading article is dropped apart, by
    `drop_leading_article`, because a label can stand behind a code ("974 - La Réunion").
-#}
{% macro normalise_label(label) -%}
    regexp_replace(
        trim(regexp_replace(upper(strip_accents({{ label }})), '[^\p{L}\p{N}]+', ' ', 'g')),
        '\bST(E?)\b', 'SAINT\1', 'g'
    )
{%- endmacro %}
