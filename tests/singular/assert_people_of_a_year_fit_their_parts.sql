-- The people of a year are at least the largest of the parts that they are counted from, at most
-- their sum. Of a department and a type, the parts are the stocks of the months; of a region or the
-- country, the people of its departments; of the constant scope, the people of its types.
with

people as (select * from {{ ref('fct_people_by_year') }}),

stock as (select * from {{ ref('fct_stock_by_structure_type') }}),

territories as (select * from {{ ref('dim_territories') }}),

scopes as (

    select * from {{ ref('composite_scopes') }}
    where scope = 'constant'

),

parts as (

    select
        year(stock.month) as year,
        stock.territory_id,
        stock.structure_type as component,
        'months' as parts,
        stock.stock as part,
    from stock
    inner join territories using (territory_id)
    where territories.territory_level in ('departmental', 'unlocated')
    union all
    select
        people.year,
        unnest(
            if(territories.region_id is null, ['FR'], [territories.region_id, 'FR'])
        ) as territory_id,
        people.component,
        'departments' as parts,
        people.nb_people as part,
    from people
    inner join territories using (territory_id)
    where territories.territory_level in ('departmental', 'unlocated')
    union all
    select
        people.year,
        people.territory_id,
        scopes.scope as component,
        'types' as parts,
        people.nb_people as part,
    from people
    inner join scopes
        on people.component = scopes.structure_type

),

bounds as (

    select
        year,
        territory_id,
        component,
        parts,
        max(part) as largest_part,
        sum(part) as sum_of_parts,
    from parts
    group by all

),

final as (

    select
        people.year,
        people.territory_id,
        people.component,
        people.nb_people,
        bounds.parts,
        bounds.largest_part,
        bounds.sum_of_parts,
    from people
    inner join bounds using (year, territory_id, component)
    where people.nb_people not between bounds.largest_part and bounds.sum_of_parts

)

select * from final
