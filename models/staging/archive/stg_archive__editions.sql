with

editions as (select * from {{ source('archive', 'editions') }}),

final as (

    select
        month,
        territory_id,
        structure_type,
        stock,
        release,
        is_synthetic,
        is_provisional,
        edition,
        published_at,
    from editions

)

select * from final
