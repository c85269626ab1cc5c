with

presences as (

    select * from {{ ref('int_presences') }}

),

final as (

    select
        month,
        department_code,
        structure_type,
        count(*) as stock,
    from presences
    group by all

)

select * from final
