{#
  The rows of a mart for the departments and `NL`: the additive base alone, for a tool that sums rows must never meet a region
  beside its departments. `columns` are of the mart or of `dim_territories`.
#}
{% macro rows_of_departments(mart, columns) -%}
with

mart as (select * from {{ ref(mart) }}),

territories as (select * from {{ ref('dim_territories') }}),

final as (

    select {{ columns | join(', ') }},
    from mart
    inner join territories using (territory_id)
    where territories.territory_level in ('departmental', 'unlocated')

)

select * from final
{%- endmacro %}
