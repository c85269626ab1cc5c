with

monthly_states as (

    select * from {{ ref('int_asp_monthly_states_attached') }}
    where is_in_unit

),

-- A unit with a row of one hour or more reaches it: only those with a smaller row are added up.
units_in_doubt as (

    select distinct
        month,
        department_code,
        structure_type,
        person_id,
    from monthly_states
    where hours < 1

),

final as (

    select
        monthly_states.month,
        monthly_states.department_code,
        monthly_states.structure_type,
        monthly_states.person_id,
        sum(monthly_states.hours) as hours,
    from monthly_states
    semi join units_in_doubt using (month, department_code, structure_type, person_id)
    group by all
    having sum(monthly_states.hours) < 1

)

select * from final
