{% set levels = [
    ('national', 'stg_barometre__national', 'cast(null as varchar)', 'cast(null as varchar)'),
    ('regional', 'stg_barometre__regional', 'region_code', 'region_label'),
    ('departmental', 'stg_barometre__departemental', 'department_code', 'department_label'),
] -%}

with

territory_values as (

    select * from {{ ref('int_territory_values_located') }}
    where value_kind in ('department', 'region')

),

-- A file may hold other indicators (sources.md, "barometre").
figures as (

    {% for level, model, code, label in levels %}
        select
            '{{ level }}' as territory_level,
            {{ code }} as raw_code,
            {{ label }} as raw_label,
            file_line,
            value,
            month_end_date,
            edition,
        from {{ ref(model) }}
        where indicator_id = 'nb-beneficiaires-siae'
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        figures.territory_level,
        case figures.territory_level
            when 'national' then 'FR'
            when 'regional' then 'R' || coalesce(by_code.territory_code, by_label.territory_code)
            else 'D' || coalesce(by_code.territory_code, by_label.territory_code)
        end as territory_id,
        figures.raw_code,
        figures.raw_label,
        figures.file_line,
        if(figures.value = trunc(figures.value), try_cast(figures.value as bigint), null) as stock,
        cast(date_trunc('month', figures.month_end_date) as date) as month,
        figures.edition,
    from figures
    left join territory_values as by_code
        on
            figures.territory_level = by_code.territory_level
            and figures.raw_code = by_code.raw_value
    left join territory_values as by_label
        on
            figures.territory_level = by_label.territory_level
            and figures.raw_label = by_label.raw_value

)

select * from final
