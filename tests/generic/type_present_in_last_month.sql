-- A structure type whose sources are loaded, and that has begun, counts someone in its last covered
-- month. `coverage` has one row per structure type with its first and last month.
{% test type_present_in_last_month(model, column_name, coverage) %}

with

stocks as (

    select
        structure_type,
        month,
        {{ column_name }} as measured,
    from {{ model }}

),

covered as (

    select
        structure_type,
        last_month,
    from {{ coverage }}
    where first_month <= last_month

)

select
    covered.structure_type,
    covered.last_month,
    coalesce(sum(stocks.measured), 0) as measured,
from covered
left join stocks
    on
        covered.structure_type = stocks.structure_type
        and covered.last_month = stocks.month
group by all
having coalesce(sum(stocks.measured), 0) = 0

{% endtest %}
