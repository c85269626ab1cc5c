-- Seven inputs: the names, codes and aliases of both levels, which are compared by one rule.
with

departments as (select * from {{ ref('departments') }}),

department_code_aliases as (select * from {{ ref('department_code_aliases') }}),

department_label_aliases as (select * from {{ ref('department_label_aliases') }}),

regions as (select * from {{ ref('regions') }}),

old_regions as (select * from {{ ref('old_regions') }}),

region_code_aliases as (select * from {{ ref('region_code_aliases') }}),

region_label_aliases as (select * from {{ ref('region_label_aliases') }}),

-- No two digits named one region before 2016 and another one since: a code is never ambiguous.
codes as (

    select
        'department' as value_kind,
        department_code as code,
        department_code as territory_code,
    from departments
    union all
    select
        'department' as value_kind,
        alias_code as code,
        department_code as territory_code,
    from department_code_aliases
    union all
    select
        'region' as value_kind,
        region_code as code,
        region_code as territory_code,
    from regions
    union all
    select
        'region' as value_kind,
        old_region_code as code,
        region_code as territory_code,
    from old_regions
    union all
    select
        'region' as value_kind,
        alias_code as code,
        region_code as territory_code,
    from region_code_aliases

),

labels as (

    select
        'department' as value_kind,
        department_name as label,
        department_code as territory_code,
    from departments
    union all
    select
        'department' as value_kind,
        alias_label as label,
        department_code as territory_code,
    from department_label_aliases
    union all
    select
        'region' as value_kind,
        region_name as label,
        region_code as territory_code,
    from regions
    union all
    select
        'region' as value_kind,
        old_region_name as label,
        region_code as territory_code,
    from old_regions
    union all
    select
        'region' as value_kind,
        alias_label as label,
        region_code as territory_code,
    from region_label_aliases

),

final as (

    select
        value_kind,
        'code' as spelling_kind,
        {{ territory_code_key('value_kind', 'code') }} as spelling,
        territory_code,
    from codes
    union
    select
        value_kind,
        'label' as spelling_kind,
        {{ drop_leading_article(normalise_label('label')) }} as spelling,
        territory_code,
    from labels

)

select * from final
