with

structure_types as (

    select * from {{ ref('structure_types') }}

),

official_scope as (

    select * from {{ ref('composite_scopes') }}
    where scope = 'official'

),

final as (

    select
        structure_types.structure_type,
        structure_types.label,
        structure_types.source,
        structure_types.stock_rule,
        structure_types.first_month,
        structure_types.provisional_months,
        official_scope.first_month as official_first_month,
    from structure_types
    left join official_scope
        on structure_types.structure_type = official_scope.structure_type

)

select * from final
