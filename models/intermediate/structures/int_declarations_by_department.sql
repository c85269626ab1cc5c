with

annexes as (

    select * from {{ ref('int_asp_annexes_kept') }}
    where is_state_accepted

),

measures as (select * from {{ ref('asp_measures') }}),

structures as (select * from {{ ref('int_asp_structures_located') }}),

structure_months as (

    select * from {{ ref('int_asp_structure_months') }}
    where is_declared

),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

months as (select * from {{ ref('int_months') }}),

covered_months as (

    select
        months.month,
        months.last_day,
        coverage.structure_type,
    from coverage
    inner join months
        on months.month between coverage.first_month and coverage.last_month

),

-- An annex of the type runs on the last day of the month. Without an end it is open.
structures_expected as (

    select distinct
        covered_months.month,
        covered_months.structure_type,
        structures.structure_id,
        structures.department_code,
    from annexes
    inner join measures using (measure_code)
    inner join covered_months
        on
            measures.structure_type = covered_months.structure_type
            and covered_months.last_day >= cast(annexes.effective_from as date)
            and (
                annexes.effective_to is null
                or covered_months.last_day <= cast(annexes.effective_to as date)
            )
    inner join structures using (structure_id)
    where structures.is_covered

),

final as (

    select
        structures_expected.month,
        structures_expected.department_code,
        structures_expected.structure_type,
        count(*) as nb_expected,
        count(structure_months.structure_id) as nb_declared,
    from structures_expected
    left join structure_months using (month, structure_type, structure_id)
    group by all

)

select * from final
