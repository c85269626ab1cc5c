with

flows_by_structure_type as (select * from {{ ref('fct_flows_by_structure_type') }}),

territories as (select * from {{ ref('dim_territories') }}),

-- The additive base alone: a tool that sums rows must never meet a region beside its departments.
final as (

    select
        flows_by_structure_type.month,
        flows_by_structure_type.territory_id,
        flows_by_structure_type.structure_type,
        flows_by_structure_type.entries,
        flows_by_structure_type.exits,
        flows_by_structure_type.is_provisional,
    from flows_by_structure_type
    inner join territories using (territory_id)
    where territories.territory_level in ('departmental', 'unlocated')

)

select * from final
