with

publication as (select * from {{ ref('publication') }}),

final as (

    select
        key,
        value,
    from publication

)

select * from final
