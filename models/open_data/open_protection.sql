with

final as (

    select
        cast({{ var('open_data_rounding_base') }} as integer) as rounding_base,
        {{ var('open_data_rounding_base') }} > 1 as is_protected,

)

select * from final
