-- People whose structure cannot be located (NL) are more than `max_share` (0.05 is 5 %) of the
-- country in a cell of `keys` with at least `min_total` people.
{% test unlocated_share(model, column_name, keys, max_share, min_total=1) %}

with

shares as (

    select
        {{ keys | join(', ') }},
        sum({{ column_name }}) filter (where territory_id = 'NL') as unlocated,
        sum({{ column_name }}) filter (where territory_id = 'FR') as total,
    from {{ model }}
    group by all

)

select
    *,
    unlocated / total as share,
from shares
where
    total >= {{ min_total }}
    and unlocated > {{ max_share }} * total

{% endtest %}
