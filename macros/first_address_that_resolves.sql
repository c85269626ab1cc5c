{#
  The department of each key, by the first address that names one (indicator.md, "Where a structure is"). Keys that no address
  locates have no row.

  `addresses` lists, in their order, where an address is and what kind of value it is: relation, name of the attempt
  (`located_by`), kind, column. A CTE `territory_values` says what each value names.
#}
{% macro first_address_that_resolves(addresses, key) -%}
    {%- set keys = key | join(', ') -%}
    select
        {{ keys }},
        attempts.located_by,
        territory_values.territory_code as department_code,
        territory_values.is_covered,
    from (
        {%- for relation, located_by, value_kind, column in addresses %}
        select
            {{ keys }},
            {{ loop.index }} as attempt,
            '{{ located_by }}' as located_by,
            '{{ value_kind }}' as value_kind,
            {{ column }} as raw_value,
        from {{ relation }}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as attempts
    inner join territory_values
        on
            attempts.value_kind = territory_values.value_kind
            and attempts.raw_value = territory_values.raw_value
            and territory_values.territory_code is not null
    qualify row_number() over (partition by {{ keys }} order by attempts.attempt) = 1
{%- endmacro %}
