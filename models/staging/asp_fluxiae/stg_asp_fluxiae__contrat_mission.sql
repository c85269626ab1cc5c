with

source as (select * from {{ source('asp_fluxiae', 'asp_fluxiae__contrat_mission') }}),

trimmed as (

    select
        {{ trim_text('contrat_id_ctr') }} as contrat_id_ctr,
        {{ trim_text('contrat_id_pph') }} as contrat_id_pph,
        {{ trim_text('contrat_id_structure') }} as contrat_id_structure,
        {{ trim_text('contrat_mesure_disp_code') }} as contrat_mesure_disp_code,
        {{ trim_text('contrat_type_contrat') }} as contrat_type_contrat,
        {{ trim_white_space('contrat_date_sortie_definitive') }} as contrat_date_sortie_definitive,
        {{ trim_white_space('contrat_date_fin_contrat') }} as contrat_date_fin_contrat,
        {{ trim_white_space('contrat_date_embauche') }} as contrat_date_embauche,
        {{ trim_white_space('contrat_date_creation') }} as contrat_date_creation,
        {{ trim_white_space('contrat_date_modification') }} as contrat_date_modification,
        _load_id,
        _file,
        _line,
        _extract_date,
    from source

),

final as (

    select
        contrat_id_ctr as contract_id,
        contrat_id_pph as source_person_id,
        contrat_id_structure as structure_id,
        contrat_mesure_disp_code as measure_code,
        contrat_type_contrat as contract_type,
        coalesce(contrat_date_sortie_definitive != '', false) as has_final_exit,
        coalesce(contrat_date_fin_contrat != '', false) as has_planned_end,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        cast({{ parse_date('contrat_date_embauche') }} as date) as start_date,
        cast({{ parse_date('contrat_date_fin_contrat') }} as date) as planned_end_date,
        cast({{ parse_date('contrat_date_sortie_definitive') }} as date) as final_exit_date,
        cast({{ parse_date('contrat_date_creation') }} as date) as creation_date,
        {{ parse_date('contrat_date_modification') }} as modified_at,
        _extract_date as extract_date,
    from trimmed

)

select * from final
