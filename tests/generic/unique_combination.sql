-- The grain: the columns name one row.
{% test unique_combination(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as nb_rows,
from {{ model }}
group by all
having count(*) > 1

{% endtest %}
