with

structures_by_department as (select * from {{ ref('int_structures_by_department') }}),

structure_types as (select * from {{ ref('dim_structure_types') }}),

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

structures_summed as (

    {{ sum_by_territory('structures_by_department', ['nb_structures']) }}

),

-- The cells of the stock, but those of ITI: a programme, which knows no structures.
final as (

    select
        stock_by_structure_type.month,
        stock_by_structure_type.territory_id,
        stock_by_structure_type.structure_type,
        coalesce(structures_summed.nb_structures, 0) as nb_structures,
    from stock_by_structure_type
    inner join structure_types using (structure_type)
    left join structures_summed using (month, territory_id, structure_type)
    where structure_types.stock_rule != 'entered_recently'

)

select * from final
