with

contracts as (

    select * from {{ ref('int_asp_contracts_classified') }}
    where
        outcome = 'counted'
        and structure_id is not null

),

monthly_states as (

    select * from {{ ref('int_asp_monthly_states_classified') }}
    where
        structure_id is not null
        and structure_type is not null

),

months as (select * from {{ ref('int_months') }}),

contract_periods as (

    select distinct
        structure_id,
        structure_type,
        first_month_present,
        last_month_present,
    from contracts

),

structure_months as (

    select
        months.month,
        contract_periods.structure_id,
        contract_periods.structure_type,
        true as is_counted,
        false as is_declared,
    from contract_periods
    inner join months
        on
            months.month between contract_periods.first_month_present
            and contract_periods.last_month_present
    union all
    select
        month,
        structure_id,
        structure_type,
        outcome = 'counted' as is_counted,
        is_declaration as is_declared,
    from monthly_states

),

final as (

    select
        month,
        structure_id,
        structure_type,
        bool_or(is_counted) as is_counted,
        bool_or(is_declared) as is_declared,
    from structure_months
    group by all
    having
        is_counted
        or is_declared

)

select * from final
