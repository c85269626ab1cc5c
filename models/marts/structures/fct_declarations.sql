with

declarations_by_department as (select * from {{ ref('int_declarations_by_department') }}),

department_territories as (select * from {{ ref('int_department_territories') }}),

measures as (select * from {{ ref('asp_measures') }}),

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

declarations_summed as (

    select
        declarations_by_department.month,
        department_territories.territory_id,
        declarations_by_department.structure_type,
        sum(declarations_by_department.nb_expected) as nb_expected,
        sum(declarations_by_department.nb_declared) as nb_declared,
    from declarations_by_department
    inner join department_territories using (department_code)
    group by all

),

-- The cells of the stock, for the types that have annexes: those of the ASP.
cells as (

    select
        stock_by_structure_type.month,
        stock_by_structure_type.territory_id,
        stock_by_structure_type.structure_type,
        cast(coalesce(declarations_summed.nb_expected, 0) as bigint) as nb_expected,
        cast(coalesce(declarations_summed.nb_declared, 0) as bigint) as nb_declared,
    from stock_by_structure_type
    semi join measures using (structure_type)
    left join declarations_summed using (month, territory_id, structure_type)

),

final as (

    select
        month,
        territory_id,
        structure_type,
        nb_expected,
        nb_declared,
        nb_declared / nullif(nb_expected, 0) as declaration_rate,
    from cells

)

select * from final
