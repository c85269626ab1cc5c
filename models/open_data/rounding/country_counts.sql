{#- Of each figure: its relation, its period and its component there, and what is counted. -#}
{% set figures = [
    ('stayers', 'moves', 'month', 'structure_type', 'stayers'),
    ('returns', 'moves', 'month', 'structure_type', 'returns'),
    ('people', 'people_by_year', 'make_date(year, 1, 1)', 'component', 'nb_people'),
    ('structures', 'structures', 'month', 'structure_type', 'nb_structures'),
    ('expected', 'declarations', 'month', 'structure_type', 'nb_expected'),
    ('declared', 'declarations', 'month', 'structure_type', 'nb_declared'),
] -%}

with

flows as (

    select * from {{ ref('fct_flows_by_structure_type') }}
    where territory_id = 'FR'

),

stock_by_structure_type as (

    select * from {{ ref('fct_stock_by_structure_type') }}
    where territory_id = 'FR'

),

structure_types as (select * from {{ ref('dim_structure_types') }}),

people_by_year as (

    select * from {{ ref('fct_people_by_year') }}
    where territory_id = 'FR'

),

structures as (

    select * from {{ ref('fct_structures_by_structure_type') }}
    where territory_id = 'FR'

),

declarations as (

    select * from {{ ref('fct_declarations') }}
    where territory_id = 'FR'

),

-- Those who stay are rounded, for entries and exits to follow from the rounded stock. The entries
-- of ITI make its stock: rounded beside it, they would be a second rounding of the same numbers.
moves as (

    select
        flows.month,
        flows.structure_type,
        stock_by_structure_type.stock - flows.entries as stayers,
        flows.returns,
    from flows
    inner join structure_types using (structure_type)
    inner join stock_by_structure_type using (month, structure_type)
    where structure_types.stock_rule != 'entered_recently'

),

counts as (

    {% for figure, relation, period, component, counted in figures %}
        select
            '{{ figure }}' as figure,
            {{ period }} as period,
            {{ component }} as component,
            {{ counted }} as exact_count,
        from {{ relation }}
        where {{ counted }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        figure,
        component,
        exact_count,
        exact_count - exact_count % {{ var('open_data_rounding_base') }} as count_below,
        cast(
            ceil(exact_count / {{ var('open_data_rounding_base') }})
            * {{ var('open_data_rounding_base') }}
            as bigint
        ) as count_above,
        period,
    from counts

)

select * from final
