with

extracts as (select * from {{ ref('audit_extracts') }}),

final as (

    select
        source,
        is_synthetic,
        extract_date,
        last_covered_month,
    from extracts

)

select * from final
