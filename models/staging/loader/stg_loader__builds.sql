with

builds as (select * from {{ source('loader', 'builds') }}),

final as (

    select
        invocation_id,
        command,
        selection,
        vars,
        foreign_settings,
        status,
        run_number,
        load_ids,
        started_at,
        ended_at,
    from builds

)

select * from final
