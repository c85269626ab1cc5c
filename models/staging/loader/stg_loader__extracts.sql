with

extracts as (select * from {{ source('loader', 'extracts') }}),

final as (

    select
        load_id,
        source,
        nb_rows,
        nb_rejected,
        is_current,
        is_synthetic,
        extract_date,
        loaded_at,
    from extracts

)

select * from final
