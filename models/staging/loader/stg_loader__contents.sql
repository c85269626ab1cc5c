with

contents as (select * from {{ source('loader', 'contents') }}),

final as (

    select
        name,
        contents,
    from contents

)

select * from final
