-- A region is the sum of its departments, the country the sum of the departments and NL
-- (indicator.md, "The counted unit"), in every cell of `keys`. An empty value among the children
-- makes the sum empty.
{% test sum_of_children(model, column_name, keys, territories) %}

with

cells as (

    select
        {{ keys | join(', ') }},
        territory_id,
        {{ column_name }} as measured,
    from {{ model }}

),

territories as (

    select
        territory_id,
        territory_level,
        region_id,
    from {{ territories }}

),

parents as (

    select
        territory_id as child_id,
        unnest(
            case territory_level
                when 'departmental' then [region_id, 'FR']
                when 'unlocated' then ['FR']
            end
        ) as territory_id,
    from territories

),

sums as (

    select
        {% for key in keys %}
        cells.{{ key }},
        {% endfor %}
        parents.territory_id,
        case when count(*) = count(cells.measured) then sum(cells.measured) end as summed,
    from cells
    inner join parents
        on cells.territory_id = parents.child_id
    group by all

),

totals as (

    select cells.*
    from cells
    inner join territories using (territory_id)
    where territories.territory_level in ('national', 'regional')

)

select
    {{ keys | join(', ') }},
    territory_id,
    totals.measured,
    sums.summed,
from totals
full outer join sums
    using ({{ keys | join(', ') }}, territory_id)
where totals.measured is distinct from sums.summed

{% endtest %}
