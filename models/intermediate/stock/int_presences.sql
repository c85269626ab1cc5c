-- A view: the stock reads it once, and a cell is explained in a few hundredths of a second.
{{ config(materialized='view') }}

with

contracts as (

    select * from {{ ref('int_asp_contracts_classified') }}
    where outcome = 'counted'

),

monthly_states as (

    select * from {{ ref('int_asp_monthly_states_classified') }}
    where outcome = 'counted'

),

geiq_contract_months as (

    select * from {{ ref('int_geiq_contract_months') }}

),

contract_months as (

    select
        cast(
            unnest(generate_series(first_month_present, last_month_present, interval 1 month))
            as date
        ) as month,
        department_code,
        structure_type,
        person_id,
    from contracts

),

all_presences as (

    select
        month,
        department_code,
        structure_type,
        person_id,
    from contract_months
    union all
    select
        month,
        department_code,
        structure_type,
        person_id,
    from monthly_states
    union all
    select
        month,
        department_code,
        structure_type,
        person_id,
    from geiq_contract_months

),

-- One person, in one type, in one department, in one month, counts once.
final as (

    select distinct
        month,
        department_code,
        structure_type,
        person_id,
    from all_presences

)

select * from final
