with

structures_by_structure_type as (select * from {{ ref('fct_structures_by_structure_type') }}),

territories as (select * from {{ ref('dim_territories') }}),

-- The additive base alone: a tool that sums rows must never meet a region beside its departments.
final as (

    select
        structures_by_structure_type.month,
        structures_by_structure_type.territory_id,
        structures_by_structure_type.structure_type,
        structures_by_structure_type.nb_structures,
    from structures_by_structure_type
    inner join territories using (territory_id)
    where territories.territory_level in ('departmental', 'unlocated')

)

select * from final
