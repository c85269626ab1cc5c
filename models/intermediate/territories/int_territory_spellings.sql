{#-
    Every column of the reference that spells a territory, as a code or as a label: seven inputs, the names, codes and aliases of
    both levels, which are compared by one rule. No two digits named one region before 2016 and another one since: a code is never
    ambiguous.
-#}
{% set spelled_columns = [
    ('department', 'code', 'departments', 'department_code'),
    ('department', 'code', 'department_code_aliases', 'alias_code'),
    ('department', 'label', 'departments', 'department_name'),
    ('department', 'label', 'department_label_aliases', 'alias_label'),
    ('region', 'code', 'regions', 'region_code'),
    ('region', 'code', 'old_regions', 'old_region_code'),
    ('region', 'code', 'region_code_aliases', 'alias_code'),
    ('region', 'label', 'regions', 'region_name'),
    ('region', 'label', 'old_regions', 'old_region_name'),
    ('region', 'label', 'region_label_aliases', 'alias_label'),
] -%}

with

final as (

    {% for value_kind, spelling_kind, seed, column in spelled_columns %}
        select
            '{{ value_kind }}' as value_kind,
            '{{ spelling_kind }}' as spelling_kind,
            {% if spelling_kind == 'code' %}
                {{ territory_code_key("'" ~ value_kind ~ "'", column) }} as spelling,
            {% else %}
                {{ drop_leading_article(normalise_label(column)) }} as spelling,
            {% endif %}
            {{ value_kind }}_code as territory_code,
        from {{ ref(seed) }}
        {% if not loop.last %}union{% endif %}
    {% endfor %}

)

select * from final
