with

contracts as (select * from {{ ref('int_asp_contracts_classified') }}),

monthly_states as (select * from {{ ref('int_asp_monthly_states_classified') }}),

geiq_contracts as (select * from {{ ref('int_geiq_contracts_classified') }}),

iti_entries as (select * from {{ ref('int_iti_entries_classified') }}),

outcomes as (

    select
        'asp_fluxiae' as source,
        'ContratMission' as source_table,
        outcome,
        reason,
    from contracts
    union all
    select
        'asp_fluxiae' as source,
        'EtatMensuelIndiv' as source_table,
        outcome,
        reason,
    from monthly_states
    union all
    select
        source,
        source_table,
        outcome,
        reason,
    from geiq_contracts
    union all
    select
        'bpifrance_iti' as source,
        'iti_entrees' as source_table,
        outcome,
        reason,
    from iti_entries

),

final as (

    select
        source,
        source_table,
        outcome,
        reason,
        count(*) as nb_rows,
    from outcomes
    group by all

)

select * from final
