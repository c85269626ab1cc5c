with

extracts as (

    select * from {{ ref('stg_loader__extracts') }}

),

final as (

    select
        source,
        nb_rows,
        nb_rejected,
        is_synthetic,
        extract_date,
        {{ last_covered_month('extract_date') }} as last_covered_month,
        loaded_at,
    from extracts
    where is_current

)

select * from final
