{#- Paths in a folder as SQL writes them: `pattern` has wildcards, what looks like one in the folder's name is none. -#}
{% macro in_folder(folder, pattern) -%}
    {{ sql_text(
        folder | replace('\\', '/') | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]')
        ~ '/' ~ pattern
    ) }}
{%- endmacro %}
