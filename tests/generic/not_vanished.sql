-- A cell of `group_by` (a department) that has nothing left after a month with at least
-- `min_before`: its structures were not declared, or can no longer be located.
{% test not_vanished(model, column_name, group_by, min_before=1) %}

with

totals as (

    select
        {{ group_by | join(', ') }},
        month,
        coalesce(sum({{ column_name }}), 0) as measured,
    from {{ model }}
    group by all

),

last_month as (

    select max(month) as month,
    from totals

),

followed as (

    select
        totals.*,
        lead(measured) over cell as measured_after,
        lead(month) over cell as month_after,
    from totals
    window cell as (partition by {{ group_by | join(', ') }} order by month)

)

select
    followed.*,
    last_month.month as last_month,
from followed
cross join last_month
where
    followed.measured >= {{ min_before }}
    and followed.month < last_month.month
    and (
        followed.month_after is distinct from followed.month + interval 1 month
        or followed.measured_after = 0
    )

{% endtest %}
