{#-
    Every column of the sources that names a territory, and how it names it: eight inputs, so that the sources are listed once
    and nothing else knows how each writes a territory.
-#}
{% set territory_columns = [
    ('commune', 'stg_asp_fluxiae__structure', 'admin_commune_code'),
    ('commune', 'stg_asp_fluxiae__structure', 'management_commune_code'),
    ('commune', 'stg_extrapro__contrats_pro', 'commune_code'),
    ('postcode', 'stg_asp_fluxiae__structure', 'admin_postcode'),
    ('postcode', 'stg_asp_fluxiae__structure', 'management_postcode'),
    ('postcode', 'stg_extrapro__contrats_pro', 'postcode'),
    ('postcode', 'stg_asp_contrats_aides__contrats_aides', 'postcode'),
    ('postcode', 'stg_geiq__listes', 'postcode'),
    ('department', 'stg_asp_fluxiae__annexe_financiere', 'annex_department_part'),
    ('department', 'stg_asp_contrats_aides__contrats_aides', 'department_code'),
    ('department', 'stg_bpifrance_iti__iti_entrees', 'department'),
    ('department', 'stg_barometre__departemental', 'department_code'),
    ('department', 'stg_barometre__departemental', 'department_label'),
    ('region', 'stg_bpifrance_iti__iti_entrees', 'region'),
    ('region', 'stg_barometre__regional', 'region_code'),
    ('region', 'stg_barometre__regional', 'region_label'),
] -%}

with

final as (

    {% for value_kind, model, column in territory_columns %}
        select
            '{{ value_kind }}' as value_kind,
            {{ column }} as raw_value,
        from {{ ref(model) }}
        where {{ column }} is not null
        {% if not loop.last %}union{% endif %}
    {% endfor %}

)

select * from final
