-- A spelling that named two territories would put people in the wrong one, silently.
with

department_spellings as (

    select * from {{ ref('int_department_spellings') }}

),

region_spellings as (

    select * from {{ ref('int_region_spellings') }}

),

spellings as (

    select
        'departmental' as territory_level,
        spelling_kind,
        spelling,
        department_code as territory_code,
    from department_spellings
    union all
    select
        'regional' as territory_level,
        spelling_kind,
        spelling,
        region_code as territory_code,
    from region_spellings

),

final as (

    select
        territory_level,
        spelling_kind,
        spelling,
        list(territory_code) as territory_codes,
    from spellings
    group by territory_level, spelling_kind, spelling
    having count(*) > 1

)

select * from final
