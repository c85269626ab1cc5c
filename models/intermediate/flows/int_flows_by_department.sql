with

person_months as (select * from {{ ref('int_person_months') }}),

iti_entries as (

    select * from {{ ref('int_iti_entries_classified') }}
    where outcome = 'counted'

),

months as (select * from {{ ref('int_months') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

covered_months as (

    select
        coverage.structure_type,
        months.month,
        months.month_number,
    from coverage
    inner join months
        on months.month between coverage.first_month and coverage.last_month

),

-- People with the same months move together: they are counted once.
people_by_months as (

    select
        structure_type,
        department_code,
        months_present,
        -- One month later: the bit of a month says who was there the month before.
        months_present >> 1 as months_after_presence,
        count(*) as nb_people,
    from person_months
    group by all

),

-- Months that follow a presence by 1 or 2, by 1 to 4, by 1 to 8, by 1 to 12 months.
recent_presences as (

    select
        *,
        months_after_presence | (months_after_presence >> 1) as within_2_months,
        within_2_months | (within_2_months >> 2) as within_4_months,
        within_4_months | (within_4_months >> 4) as within_8_months,
        within_8_months | (within_8_months >> 4) as within_12_months,
    from people_by_months

),

movements as (

    select
        structure_type,
        department_code,
        nb_people,
        months_present & ~months_after_presence as months_of_entry,
        months_after_presence & ~months_present as months_of_exit,
        months_of_entry & within_12_months as months_of_return,
        months_of_entry | months_of_exit as months_of_movement,
    from recent_presences

),

people_flows as (

    select
        covered_months.month,
        movements.department_code,
        movements.structure_type,
        sum(
            movements.nb_people * get_bit(movements.months_of_entry, covered_months.month_number)
        ) as entries,
        sum(
            movements.nb_people * get_bit(movements.months_of_exit, covered_months.month_number)
        ) as exits,
        sum(
            movements.nb_people * get_bit(movements.months_of_return, covered_months.month_number)
        ) as returns,
    from movements
    inner join covered_months
        on
            movements.structure_type = covered_months.structure_type
            and get_bit(movements.months_of_movement, covered_months.month_number) = 1
    group by all

),

-- ITI knows no persons: entries that leave the window are exits, and nobody is seen to come back.
iti_movements as (

    select
        month,
        department_code,
        nb_entries as entries,
        0 as exits,
    from iti_entries
    union all
    select
        cast(month + interval {{ var('iti_presence_months') }} month as date) as month,
        department_code,
        0 as entries,
        nb_entries as exits,
    from iti_entries

),

iti_flows as (

    select
        covered_months.month,
        iti_movements.department_code,
        covered_months.structure_type,
        sum(iti_movements.entries) as entries,
        sum(iti_movements.exits) as exits,
        null as returns,
    from iti_movements
    inner join covered_months
        on
            iti_movements.month = covered_months.month
            and covered_months.structure_type = 'ITI'
    group by all

),

flows as (

    select * from people_flows
    union all
    select * from iti_flows

),

final as (

    select
        month,
        department_code,
        structure_type,
        cast(entries as bigint) as entries,
        cast(exits as bigint) as exits,
        cast(returns as bigint) as returns,
    from flows

)

select * from final
