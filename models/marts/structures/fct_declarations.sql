with

declarations_by_department as (select * from {{ ref('int_declarations_by_department') }}),

measures as (select * from {{ ref('asp_measures') }}),

stock_by_structure_type as (select * from {{ ref('fct_stock_by_structure_type') }}),

declarations_summed as (

    {{ sum_by_territory('declarations_by_department', ['nb_expected', 'nb_declared']) }}

),

-- The cells of the stock, for the types that have annexes: those of the ASP.
final as (

    select
        stock_by_structure_type.month,
        stock_by_structure_type.territory_id,
        stock_by_structure_type.structure_type,
        coalesce(declarations_summed.nb_expected, 0) as nb_expected,
        coalesce(declarations_summed.nb_declared, 0) as nb_declared,
        declarations_summed.nb_declared
        / nullif(declarations_summed.nb_expected, 0) as declaration_rate,
    from stock_by_structure_type
    semi join measures using (structure_type)
    left join declarations_summed using (month, territory_id, structure_type)

)

select * from final
