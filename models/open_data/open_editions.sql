with

editions as (select * from {{ ref('dim_editions') }}),

-- What was revised is told to the nearest multiple of the base: counts of exact cells are exact.
final as (

    select
        edition,
        release,
        published_at,
        is_synthetic,
        nb_cells,
        {{ var('open_data_rounding_base') }}
        * cast(round(nb_revised_cells / {{ var('open_data_rounding_base') }}) as bigint)
            as nb_revised_cells,
        nb_new_months,
        {{ var('open_data_rounding_base') }}
        * cast(round(largest_revision / {{ var('open_data_rounding_base') }}) as bigint)
            as largest_revision,
    from editions

)

select * from final
