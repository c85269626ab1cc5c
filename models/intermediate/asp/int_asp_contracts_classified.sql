with

contracts as (select * from {{ ref('stg_asp_fluxiae__contrat_mission') }}),

contracts_kept as (select * from {{ ref('int_asp_contracts_kept') }}),

measures as (select * from {{ ref('asp_measures') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

structures as (select * from {{ ref('int_asp_structures_located') }}),

persons as (select * from {{ ref('int_asp_persons') }}),

-- The final exit where it is filled, without falling back to the planned end when it is not a date.
contracts_dated as (

    select
        source_person_id,
        structure_id,
        measure_code,
        file_line,
        start_date,
        if(has_final_exit, final_exit_date, planned_end_date) as end_date,
        (has_final_exit or has_planned_end) as has_end,
    from contracts

),

contracts_described as (

    select
        contracts_dated.*,
        coverage.structure_type,
        coverage.stock_rule,
        coalesce(structures.department_code, 'NL') as department_code,
        coalesce(
            persons.person_id,
            {{ person_id("coalesce(
                'pph:' || contracts_dated.source_person_id,
                'contract line:' || contracts_dated.file_line
            )") }}
        ) as person_id,
        contracts_kept.file_line is null as is_superseded,
        measures.measure_code is not null as is_measure_known,
        coalesce(structures.is_covered, true) as is_covered,
        contracts_dated.start_date is not null
        and (not contracts_dated.has_end or contracts_dated.end_date is not null)
        and (not contracts_dated.has_end or contracts_dated.end_date >= contracts_dated.start_date)
            as has_valid_dates,
        coverage.first_month,
        coverage.last_month,
    from contracts_dated
    left join measures using (measure_code)
    left join coverage using (structure_type)
    left join structures using (structure_id)
    left join persons using (source_person_id)
    left join contracts_kept using (file_line)

),

-- Rule `present_last_day`: the contract counts from the month of its start to the last month whose
-- last day is not after its end, within the months that are covered.
reasons_given as (

    select
        *,
        cast(greatest(date_trunc('month', start_date), first_month) as date) as first_month_present,
        cast(
            least(date_trunc('month', end_date + 1) - interval 1 month, last_month) as date
        ) as last_month_present,
        case
            when is_superseded then 'duplicate_row'
            when not is_measure_known then 'unknown_measure'
            when structure_type is null then 'measure_outside_indicator'
            when stock_rule != 'present_last_day' then 'measured_from_monthly_states'
            when not has_valid_dates then 'invalid_dates'
            when not is_covered then 'outside_coverage'
            when coalesce(first_month_present > last_month_present, true)
                then 'never_present_on_a_last_day'
        end as reason,
    from contracts_described

),

final as (

    select
        structure_id,
        structure_type,
        department_code,
        if(reason is null, 'counted', 'excluded') as outcome,
        reason,
        person_id,
        file_line,
        start_date,
        end_date,
        if(reason is null, first_month_present, null) as first_month_present,
        if(reason is null, last_month_present, null) as last_month_present,
    from reasons_given

)

select * from final
