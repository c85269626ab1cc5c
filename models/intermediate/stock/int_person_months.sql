with

contracts as (

    select * from {{ ref('int_asp_contracts_classified') }}
    where outcome = 'counted'

),

monthly_states as (

    select * from {{ ref('int_asp_monthly_states_classified') }}
    where outcome = 'counted'

),

geiq_contract_months as (select * from {{ ref('int_geiq_contract_months') }}),

months as (select * from {{ ref('int_months') }}),

-- The months of every period there can be, joined to contracts: they are few, contracts are many.
periods as (

    select
        first_months.month as first_month,
        last_months.month as last_month,
        bit_or(months.month_mask) as months_present,
    from months as first_months
    inner join months as last_months
        on first_months.month <= last_months.month
    inner join months
        on months.month between first_months.month and last_months.month
    group by all

),

all_presences as (

    select
        contracts.structure_type,
        contracts.department_code,
        contracts.person_id,
        periods.months_present,
    from contracts
    inner join periods
        on
            contracts.first_month_present = periods.first_month
            and contracts.last_month_present = periods.last_month
    union all
    select
        monthly_states.structure_type,
        monthly_states.department_code,
        monthly_states.person_id,
        months.month_mask as months_present,
    from monthly_states
    inner join months using (month)
    union all
    select
        geiq_contract_months.structure_type,
        geiq_contract_months.department_code,
        geiq_contract_months.person_id,
        months.month_mask as months_present,
    from geiq_contract_months
    inner join months using (month)

),

-- One person, in one type, in one department, in one month, counts once: one bit.
final as (

    select
        structure_type,
        department_code,
        person_id,
        bit_or(months_present) as months_present,
    from all_presences
    group by all

)

select * from final
