with

contracts as (

    select * from {{ ref('int_geiq_contracts_classified') }}
    where outcome = 'counted'

),

-- One person in one department counts once in a month, whatever the number of contracts.
final as (

    select distinct
        unnest(months_present) as month,
        department_code,
        'GEIQ' as structure_type,
        {{ person_id('person_key') }} as person_id,
    from contracts

)

select * from final
