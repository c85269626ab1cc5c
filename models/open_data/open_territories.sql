with

territories as (select * from {{ ref('dim_territories') }}),

final as (

    select
        territory_id,
        territory_level,
        territory_code,
        territory_name,
        region_id,
        region_name,
        population,
        is_covered,
    from territories

)

select * from final
