with

contracts as (select * from {{ ref('stg_asp_fluxiae__contrat_mission') }}),

superseded as (

    {{ superseded_lines('contracts', 'contract_id') }}

),

-- Duplicates are settled before anything else: a later draft replaces an earlier valid row.
final as (

    select
        contracts.contract_id,
        contracts.structure_id,
        contracts.measure_code,
        contracts.file_line,
    from contracts
    anti join superseded using (file_line)

)

select * from final
