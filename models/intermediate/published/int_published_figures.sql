with

national as (select * from {{ ref('stg_barometre__national') }}),

regional as (select * from {{ ref('stg_barometre__regional') }}),

departemental as (select * from {{ ref('stg_barometre__departemental') }}),

territory_values as (select * from {{ ref('int_territory_values_located') }}),

figures as (

    select
        indicator_id,
        'national' as territory_level,
        cast(null as varchar) as raw_code,
        cast(null as varchar) as raw_label,
        file_line,
        value,
        month_end_date,
        edition,
    from national
    union all
    select
        indicator_id,
        'regional' as territory_level,
        region_code as raw_code,
        region_label as raw_label,
        file_line,
        value,
        month_end_date,
        edition,
    from regional
    union all
    select
        indicator_id,
        'departmental' as territory_level,
        department_code as raw_code,
        department_label as raw_label,
        file_line,
        value,
        month_end_date,
        edition,
    from departemental

),

-- A file may hold other indicators (sources.md, "barometre").
figures_of_the_indicator as (

    select * from figures
    where indicator_id = 'nb-beneficiaires-siae'

),

final as (

    select
        figures_of_the_indicator.territory_level,
        case figures_of_the_indicator.territory_level
            when 'national' then 'FR'
            when 'regional' then 'R' || coalesce(by_code.territory_code, by_label.territory_code)
            else 'D' || coalesce(by_code.territory_code, by_label.territory_code)
        end as territory_id,
        figures_of_the_indicator.raw_code,
        figures_of_the_indicator.raw_label,
        figures_of_the_indicator.file_line,
        if(
            figures_of_the_indicator.value = trunc(figures_of_the_indicator.value),
            try_cast(figures_of_the_indicator.value as bigint),
            null
        ) as stock,
        cast(date_trunc('month', figures_of_the_indicator.month_end_date) as date) as month,
        figures_of_the_indicator.edition,
    from figures_of_the_indicator
    left join territory_values as by_code
        on
            figures_of_the_indicator.territory_level = by_code.territory_level
            and figures_of_the_indicator.raw_code = by_code.raw_value
            and by_code.value_kind in ('department', 'region')
    left join territory_values as by_label
        on
            figures_of_the_indicator.territory_level = by_label.territory_level
            and figures_of_the_indicator.raw_label = by_label.raw_value
            and by_label.value_kind in ('department', 'region')

)

select * from final
