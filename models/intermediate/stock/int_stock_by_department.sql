with

presences as (select * from {{ ref('int_presences') }}),

iti_stock as (select * from {{ ref('int_iti_monthly_stock') }}),

-- ITI is a flow of entries turned into a stock: it knows no persons.
final as (

    select
        month,
        department_code,
        structure_type,
        count(*) as stock,
    from presences
    group by all
    union all
    select
        month,
        department_code,
        'ITI' as structure_type,
        stock,
    from iti_stock

)

select * from final
