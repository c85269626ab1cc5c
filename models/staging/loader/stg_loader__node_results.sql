with

node_results as (select * from {{ source('loader', 'node_results') }}),

final as (

    select
        unique_id,
        invocation_id,
        fingerprint,
        contents,
        status,
        warning,
        started_at,
        ended_at,
    from node_results

)

select * from final
