with

builds as (

    select
        invocation_id,
        command,
        status,
        nb_errors,
        is_full,
        started_at,
        ended_at,
        warnings,
    from {{ source('loader', 'builds') }}

),

final as (

    select
        invocation_id,
        command,
        status,
        nb_errors,
        is_full,
        started_at,
        ended_at,
        warnings,
    from builds

)

select * from final
