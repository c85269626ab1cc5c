with

composite_scopes as (select * from {{ ref('composite_scopes') }}),

final as (

    select
        scope,
        structure_type,
        first_month,
    from composite_scopes

)

select * from final
