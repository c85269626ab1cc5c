with

contracts as (

    select * from {{ ref('int_asp_contracts_classified') }}

),

monthly_states as (

    select * from {{ ref('int_asp_monthly_states_classified') }}

),

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
