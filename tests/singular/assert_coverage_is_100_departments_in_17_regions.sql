-- Metropolitan France and the overseas departments except Mayotte (indicator.md, "Coverage").
with

territories as (select * from {{ ref('dim_territories') }}),

final as (

    select
        count(*) filter (where territory_level = 'departmental') as nb_departments,
        count(*) filter (where territory_level = 'regional') as nb_regions,
    from territories
    where is_covered
    having nb_departments != 100 or nb_regions != 17

)

select * from final
