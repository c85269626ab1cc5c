with

source as (select * from {{ source('asp_fluxiae', 'asp_fluxiae__contrat_mission') }}),

final as (

    select
        {{ trim_text('contrat_id_ctr') }} as contract_id,
        {{ trim_text('contrat_id_pph') }} as source_person_id,
        {{ trim_text('contrat_id_structure') }} as structure_id,
        {{ trim_text('contrat_mesure_disp_code') }} as measure_code,
        {{ trim_text('contrat_type_contrat') }} as contract_type,
        coalesce({{ trim_white_space('contrat_date_sortie_definitive') }} != '', false)
            as has_final_exit,
        coalesce({{ trim_white_space('contrat_date_fin_contrat') }} != '', false)
            as has_planned_end,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        cast({{ parse_date(trim_white_space('contrat_date_embauche')) }} as date) as start_date,
        cast({{ parse_date(trim_white_space('contrat_date_fin_contrat')) }} as date)
            as planned_end_date,
        cast({{ parse_date(trim_white_space('contrat_date_sortie_definitive')) }} as date)
            as final_exit_date,
        cast({{ parse_date(trim_white_space('contrat_date_creation')) }} as date) as creation_date,
        {{ parse_date(trim_white_space('contrat_date_modification')) }} as modified_at,
        _extract_date as extract_date,
    from source

)

select * from final
