with

person_months as (select * from {{ ref('int_person_months') }}),

component_years as (select * from {{ ref('int_component_years') }}),

department_territories as (select * from {{ ref('int_department_territories') }}),

-- Only those who are in several types or departments can be counted twice. They are few.
people_in_several_places as (

    select person_id
    from person_months
    group by person_id
    having count(*) > 1

),

months_in_several_places as (

    select person_months.*
    from person_months
    semi join people_in_several_places using (person_id)

),

-- The others are counted together: as many as have the same months.
months_in_one_place as (

    select
        person_months.structure_type,
        person_months.department_code,
        person_months.months_present,
        count(*) as nb_people,
    from person_months
    anti join people_in_several_places using (person_id)
    group by all

),

people_in_one_place as (

    select
        component_years.component,
        component_years.year,
        months_in_one_place.department_code,
        sum(months_in_one_place.nb_people) as nb_people,
    from months_in_one_place
    inner join component_years
        on
            months_in_one_place.structure_type = component_years.structure_type
            and bit_count(months_in_one_place.months_present & component_years.months_covered) > 0
    group by all

),

people as (

    select
        people_in_one_place.component,
        people_in_one_place.year,
        department_territories.territory_id,
        people_in_one_place.nb_people,
    from people_in_one_place
    inner join department_territories using (department_code)
    union all
    select
        component_years.component,
        component_years.year,
        department_territories.territory_id,
        count(distinct months_in_several_places.person_id) as nb_people,
    from months_in_several_places
    inner join component_years
        on
            months_in_several_places.structure_type = component_years.structure_type
            and bit_count(
                months_in_several_places.months_present & component_years.months_covered
            ) > 0
    inner join department_territories using (department_code)
    group by all

),

final as (

    select
        year,
        territory_id,
        component,
        cast(sum(nb_people) as bigint) as nb_people,
    from people
    group by all

)

select * from final
