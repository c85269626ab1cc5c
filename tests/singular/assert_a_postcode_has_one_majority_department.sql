-- Every postcode has exactly one majority department, and no other has more inhabitants.
with

postcode_departments as (select * from {{ ref('postcode_departments') }}),

final as (

    select
        postcode,
        count(*) filter (where is_majority) as nb_majorities,
        max(population) as highest_population,
        max(population) filter (where is_majority) as majority_population,
    from postcode_departments
    group by postcode
    having nb_majorities != 1 or majority_population != highest_population

)

select * from final
