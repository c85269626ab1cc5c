with

structures as (

    select * from {{ ref('fct_structures_by_structure_type') }}
    where territory_id = 'FR'

),

rounded_stock as (

    select * from {{ ref('rounded_stock') }}
    where territory_id = 'FR'

),

rounded_counts as (

    select * from {{ ref('rounded_counts') }}
    where figure = 'structures'

),

-- A structure has somebody: none is told of where the stock is rounded to nobody.
final as (

    select
        structures.month,
        structures.territory_id,
        structures.structure_type,
        if(rounded_stock.stock = 0, 0, rounded_counts.rounded_count) as nb_structures,
    from structures
    inner join rounded_stock
        on
            structures.month = rounded_stock.month
            and structures.structure_type = rounded_stock.component
    inner join rounded_counts
        on
            structures.month = rounded_counts.period
            and structures.structure_type = rounded_counts.component

)

select * from final
