with

published_revisions as (select * from {{ ref('fct_published_revisions') }}),

final as (

    select
        month,
        territory_id,
        edition,
        previous_stock,
        stock,
        revision,
        revision_rate,
        age_in_months,
    from published_revisions

)

select * from final
