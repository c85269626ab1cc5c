with

structure_types as (select * from {{ ref('structure_types') }}),

type_sources as (select * from {{ ref('structure_type_sources') }}),

extracts as (select * from {{ ref('stg_loader__extracts') }}),

sources_loaded as (

    select
        source,
        {{ last_covered_month('max(extract_date)') }} as last_month,
        bool_or(is_synthetic) as is_synthetic,
    from extracts
    where is_current
    group by source

),

-- A type is covered up to the earliest of its dated sources, and only when all its sources are
-- loaded (indicator.md: GEIQ needs both extracts and at least one list).
types_covered as (

    select
        type_sources.structure_type,
        min(sources_loaded.last_month) filter (where type_sources.is_dated) as last_month,
        bool_or(sources_loaded.is_synthetic) as is_synthetic,
    from type_sources
    left join sources_loaded using (source)
    group by type_sources.structure_type
    having count(*) = count(sources_loaded.source)

),

final as (

    select
        structure_types.structure_type,
        structure_types.stock_rule,
        coalesce(types_covered.is_synthetic, false) as is_synthetic,
        structure_types.first_month,
        types_covered.last_month,
        cast(
            types_covered.last_month - to_months(structure_types.provisional_months - 1) as date
        ) as first_provisional_month,
    from structure_types
    left join types_covered using (structure_type)

)

select * from final
