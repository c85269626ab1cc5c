{#
  Counts by month, department and structure type as counts by month, territory and structure type. A region is the sum of its
  departments, the country that of the departments and of `NL`: never a new count (indicator.md, "The counted unit").
#}
{% macro sum_by_territory(counts, columns) -%}
    select
        {{ counts }}.month,
        department_territories.territory_id,
        {{ counts }}.structure_type,
        {%- for column in columns %}
        cast(sum({{ counts }}.{{ column }}) as bigint) as {{ column }},
        {%- endfor %}
    from {{ counts }}
    inner join {{ ref('int_department_territories') }} as department_territories
        using (department_code)
    group by all
{%- endmacro %}
