with

entries as (select * from {{ ref('stg_bpifrance_iti__iti_entrees') }}),

territory_values as (

    select * from {{ ref('int_territory_values_located') }}
    where value_kind = 'department'

),

coverage as (

    select * from {{ ref('int_structure_type_coverage') }}
    where structure_type = 'ITI'

),

entries_described as (

    select
        entries.*,
        coalesce(territory_values.territory_code, 'NL') as department_code,
        coalesce(territory_values.is_covered, true) as is_covered,
        coalesce(
            entries.month between coverage.first_month and coverage.last_month, false
        ) as is_in_period,
    from entries
    cross join coverage
    left join territory_values
        on entries.department = territory_values.raw_value

),

-- The first reason that applies, in the order of indicator.md, "ITI entries".
reasons_given as (

    select
        *,
        case
            when
                {{ is_total_label('month_text') }}
                or {{ is_total_label('region') }}
                or {{ is_total_label('department') }}
                or {{ is_total_label('network') }}
                then 'total_row'
            when month is null then 'invalid_month'
            when nb_entries is null then 'invalid_count'
            when not is_covered then 'outside_coverage'
            when not is_in_period then 'outside_period'
        end as reason,
    from entries_described

),

final as (

    select
        department_code,
        if(reason is null, 'counted', 'excluded') as outcome,
        reason,
        file_line,
        nb_entries,
        month,
    from reasons_given

)

select * from final
