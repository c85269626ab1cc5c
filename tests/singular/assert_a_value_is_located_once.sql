-- Models join to the located values on kind and value: a second row would count people twice.
with

values_located as (

    select * from {{ ref('int_territory_values_located') }}

),

final as (

    select
        value_kind,
        raw_value,
        count(*) as nb_rows,
    from values_located
    group by value_kind, raw_value
    having count(*) > 1

)

select * from final
