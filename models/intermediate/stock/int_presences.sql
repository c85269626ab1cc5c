-- A view: the stock reads it once, and a cell is explained in a few hundredths of a second.
{{ config(materialized='view') }}

with

person_months as (select * from {{ ref('int_person_months') }}),

months as (select * from {{ ref('int_months') }}),

final as (

    select
        months.month,
        person_months.department_code,
        person_months.structure_type,
        person_months.person_id,
    from person_months
    cross join months
    where get_bit(person_months.months_present, months.month_number) = 1

)

select * from final
