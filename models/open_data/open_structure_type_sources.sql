with

structure_type_sources as (select * from {{ ref('structure_type_sources') }}),

final as (

    select
        structure_type,
        source,
    from structure_type_sources

)

select * from final
