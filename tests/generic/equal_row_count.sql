-- No row is lost and none is made: as many rows here as in the other model. With `sum_of`, the
-- rows counted here are the sum of that column.
{% test equal_row_count(model, compare_model, sum_of=none) %}

with

here as (

    select {{ 'coalesce(sum(' ~ sum_of ~ '), 0)' if sum_of else 'count(*)' }} as nb_rows,
    from {{ model }}

),

there as (

    select count(*) as nb_rows,
    from {{ compare_model }}

)

select
    here.nb_rows as nb_rows_here,
    there.nb_rows as nb_rows_there,
from here
cross join there
where here.nb_rows != there.nb_rows

{% endtest %}
