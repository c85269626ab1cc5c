{#- What a data test checks, for a person: its description, or its kind and where it is. -#}
{% macro describe_test(node) -%}

    {%- if node.description -%}
        {{ (node.description | trim).rstrip('.') }}
    {%- elif node.test_metadata -%}
        {{ node.test_metadata.name }} of {{ node.attached_node.split('.') | last }}
        {%- if node.column_name %}.{{ node.column_name }}{% endif -%}
    {%- else -%}
        {{ node.name }}
    {%- endif -%}

{%- endmacro %}
