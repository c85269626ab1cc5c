-- Every group of `group_by` has every month between the first and the last one of the group that
-- `range_by`, a part of `group_by`, makes (all of it unless said otherwise, [] for the whole model),
-- and months are first days.
{% test no_missing_month(model, column_name, group_by=[], range_by=none) %}

{%- set range_columns = group_by if range_by is none else range_by -%}

with

months as (

    select distinct
        {% for column in group_by %}
        {{ column }},
        {% endfor %}
        {{ column_name }} as month,
    from {{ model }}

),

ranges as (

    select
        {% for column in range_columns %}
        {{ column }},
        {% endfor %}
        min(month) as first_month,
        max(month) as last_month,
    from months
    group by all

),

counts as (

    select
        {% for column in group_by %}
        {{ column }},
        {% endfor %}
        count(*) as nb_months,
        count(*) filter (where month = date_trunc('month', month)) as nb_first_days,
    from months
    group by all

)

select
    counts.*,
    ranges.first_month,
    ranges.last_month,
from counts
inner join ranges
    on
        true
        {% for column in range_columns %}
        and counts.{{ column }} is not distinct from ranges.{{ column }}
        {% endfor %}
where
    counts.nb_months != date_diff('month', ranges.first_month, ranges.last_month) + 1
    or counts.nb_first_days != counts.nb_months

{% endtest %}
