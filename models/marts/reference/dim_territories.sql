with

departments as (select * from {{ ref('departments') }}),

regions as (select * from {{ ref('regions') }}),

populations as (select * from {{ ref('populations') }}),

regions_covered as (

    select
        region_code,
        bool_or(is_covered) as is_covered,
    from departments
    group by region_code

),

territories as (

    select
        'FR' as territory_id,
        'national' as territory_level,
        'FR' as territory_code,
        'France' as territory_name,
        null as region_code,
        true as is_covered,
    union all
    select
        'R' || regions.region_code as territory_id,
        'regional' as territory_level,
        regions.region_code as territory_code,
        regions.region_name as territory_name,
        regions.region_code,
        regions_covered.is_covered,
    from regions
    inner join regions_covered using (region_code)
    union all
    select
        'D' || department_code as territory_id,
        'departmental' as territory_level,
        department_code as territory_code,
        department_name as territory_name,
        region_code,
        is_covered,
    from departments
    union all
    -- People whose structure cannot be located count in the country, so `NL` is covered.
    select
        'NL' as territory_id,
        'unlocated' as territory_level,
        'NL' as territory_code,
        'Non localisé' as territory_name,
        null as region_code,
        true as is_covered,

),

final as (

    select
        territories.territory_id,
        territories.territory_level,
        territories.territory_code,
        territories.territory_name,
        'R' || territories.region_code as region_id,
        regions.region_name,
        populations.population,
        territories.is_covered,
    from territories
    left join regions using (region_code)
    left join populations using (territory_level, territory_code)

)

select * from final
