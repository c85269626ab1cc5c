-- Half a file or a year without its annexes shows as a fall. Months where the column is more than
-- `max_fall` (0.2 is 20 %) under the month before, in a cell of `group_by` that had at least
-- `min_before`. `excused_months` ('2020-03', ...) fell for a known reason.
{% test month_on_month_fall(
    model, column_name, group_by, max_fall, excused_months=[], min_before=1
) %}

with

cells as (

    select
        {{ group_by | join(', ') }},
        month,
        {{ column_name }} as measured,
        lag({{ column_name }}) over cell as measured_before,
        lag(month) over cell as month_before,
    from {{ model }}
    window cell as (partition by {{ group_by | join(', ') }} order by month)

)

select *
from cells
where
    month_before = month - interval 1 month
    and measured_before >= {{ min_before }}
    and measured < (1 - {{ max_fall }}) * measured_before
    {% if excused_months %}
    and strftime(month, '%Y-%m') not in ('{{ excused_months | join("', '") }}')
    {% endif %}

{% endtest %}
