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

    select
        'stayers' as figure,
        month as period,
        structure_type as component,
        stayers as exact_count,
    from moves
    where stayers is not null
    union all
    select
        'returns' as figure,
        month as period,
        structure_type as component,
        returns as exact_count,
    from moves
    where returns is not null
    union all
    select
        'people' as figure,
        make_date(year, 1, 1) as period,
        component,
        nb_people as exact_count,
    from people_by_year
    union all
    select
        'structures' as figure,
        month as period,
        structure_type as component,
        nb_structures as exact_count,
    from structures
    union all
    select
        'expected' as figure,
        month as period,
        structure_type as component,
        nb_expected as exact_count,
    from declarations
    union all
    select
        'declared' as figure,
        month as period,
        structure_type as component,
        nb_declared as exact_count,
    from declarations

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
