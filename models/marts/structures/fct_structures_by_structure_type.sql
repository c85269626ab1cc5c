with

structures_by_department as (select * from {{ ref('int_structures_by_department') }}),

department_territories as (select * from {{ ref('int_department_territories') }}),

structure_types as (select * from {{ ref('dim_structure_types') }}),

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

structures_summed as (

    select
        structures_by_department.month,
        department_territories.territory_id,
        structures_by_department.structure_type,
        sum(structures_by_department.nb_structures) as nb_structures,
    from structures_by_department
    inner join department_territories using (department_code)
    group by all

),

-- The cells of the stock, but those of ITI: a programme, which knows no structures.
cells as (

    select
        stock_by_structure_type.month,
        stock_by_structure_type.territory_id,
        stock_by_structure_type.structure_type,
    from stock_by_structure_type
    inner join structure_types using (structure_type)
    where structure_types.stock_rule != 'entered_recently'

),

final as (

    select
        cells.month,
        cells.territory_id,
        cells.structure_type,
        cast(coalesce(structures_summed.nb_structures, 0) as bigint) as nb_structures,
    from cells
    left join structures_summed using (month, territory_id, structure_type)

)

select * from final
