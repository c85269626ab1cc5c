with

publication as (

    select * from {{ ref('publication') }}

),

scopes as (

    select * from {{ ref('composite_scopes') }}

),

-- The official series breaks in the last month in which its scope takes in a type.
official_break as (

    select cast(max(first_month) as varchar) as break_month
    from scopes
    where scope = 'official'
    having max(first_month) > min(first_month)

),

final as (

    select
        key,
        value,
    from publication
    union all
    select
        'official_break_month' as key,
        break_month as value,
    from official_break

)

select * from final
