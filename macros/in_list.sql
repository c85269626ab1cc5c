{#- Texts as the list of an SQL `in`. -#}
{% macro in_list(texts) -%}
    [{% for text in texts %}{{ sql_text(text) }}{{ ', ' if not loop.last }}{% endfor %}]
{%- endmacro %}
