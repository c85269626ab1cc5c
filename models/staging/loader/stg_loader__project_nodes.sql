with

project_nodes as (select * from {{ source('loader', 'project_nodes') }}),

final as (

    select
        unique_id,
        kind,
        name,
        schema_name,
        table_name,
        fingerprint,
        parents,
    from project_nodes

)

select * from final
