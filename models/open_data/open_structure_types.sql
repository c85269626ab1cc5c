with

structure_types as (select * from {{ ref('dim_structure_types') }}),

final as (

    select
        structure_type,
        label,
        source,
        stock_rule,
        first_month,
        provisional_months,
    from structure_types

)

select * from final
