with

contents as (

    select
        name,
        contents,
    from {{ source('loader', 'contents') }}

),

final as (

    select
        name,
        contents,
    from contents

)

select * from final
