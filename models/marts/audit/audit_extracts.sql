with

extracts as (select * from {{ ref('stg_loader__extracts') }}),

dated_sources as (

    select distinct source from {{ ref('structure_type_sources') }}
    where is_dated

),

-- A list of GEIQ is of a year, and an edition has the months that it has: only a dated extract
-- covers the months elapsed at its date.
final as (

    select
        extracts.source,
        extracts.nb_rows,
        extracts.nb_rejected,
        extracts.is_synthetic,
        extracts.extract_date,
        if(
            dated_sources.source is null,
            null,
            {{ last_covered_month('extracts.extract_date') }}
        ) as last_covered_month,
        extracts.loaded_at,
    from extracts
    left join dated_sources using (source)
    where extracts.is_current

)

select * from final
