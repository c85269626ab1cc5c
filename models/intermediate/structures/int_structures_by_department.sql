with

structure_months as (

    select * from {{ ref('int_asp_structure_months') }}
    where is_counted

),

structures as (select * from {{ ref('int_asp_structures_located') }}),

geiq_contracts as (

    select * from {{ ref('int_geiq_contracts_classified') }}
    where outcome = 'counted'

),

geiq_employer_months as (

    select distinct
        unnest(months_present) as month,
        siret,
        department_code,
    from geiq_contracts

),

final as (

    select
        structure_months.month,
        coalesce(structures.department_code, 'NL') as department_code,
        structure_months.structure_type,
        count(*) as nb_structures,
    from structure_months
    left join structures using (structure_id)
    group by all
    union all
    select
        month,
        department_code,
        'GEIQ' as structure_type,
        count(*) as nb_structures,
    from geiq_employer_months
    group by all

)

select * from final
