-- A view: the rule of the hours concerns few rows, too few for a second copy of them all.
{{ config(materialized='view') }}

with

monthly_states as (select * from {{ ref('int_asp_monthly_states_attached') }}),

units_under_one_hour as (select * from {{ ref('int_asp_units_under_one_hour') }}),

reasons_given as (

    select
        monthly_states.* exclude (reason),
        coalesce(
            monthly_states.reason,
            if(units_under_one_hour.person_id is null, null, 'under_one_hour')
        ) as reason,
    from monthly_states
    left join units_under_one_hour using (month, department_code, structure_type, person_id)

),

final as (

    select
        structure_id,
        structure_type,
        department_code,
        if(reason is null, 'counted', 'excluded') as outcome,
        reason,
        is_declaration,
        person_id,
        file_line,
        hours,
        month,
    from reasons_given

)

select * from final
