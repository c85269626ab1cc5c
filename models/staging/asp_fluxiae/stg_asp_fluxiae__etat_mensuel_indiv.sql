with

source as (select * from {{ source('asp_fluxiae', 'asp_fluxiae__etat_mensuel_indiv') }}),

trimmed as (

    select
        {{ trim_text('emi_dsm_id') }} as emi_dsm_id,
        {{ trim_text('emi_pph_id') }} as emi_pph_id,
        {{ trim_text('emi_afi_id') }} as emi_afi_id,
        {{ trim_text('emi_ctr_id') }} as emi_ctr_id,
        {{ trim_text('emi_sme_version') }} as emi_sme_version,
        {{ trim_text('emi_esm_etat_code') }} as emi_esm_etat_code,
        {{ trim_white_space('emi_sme_mois') }} as emi_sme_mois,
        {{ trim_white_space('emi_sme_annee') }} as emi_sme_annee,
        {{ whole_match(trim_white_space('emi_nb_heures_travail'), '-?(?:\\d+\\.?\\d*|\\.\\d+)') }}
            as emi_nb_heures_travail,
        {{ trim_white_space('emi_part_etp') }} as emi_part_etp,
        {{ trim_white_space('emi_date_creation') }} as emi_date_creation,
        {{ trim_white_space('emi_date_modification') }} as emi_date_modification,
        _load_id,
        _file,
        _line,
        _extract_date,
    from source

),

final as (

    select
        emi_dsm_id as state_id,
        emi_pph_id as source_person_id,
        emi_afi_id as annex_id,
        emi_ctr_id as contract_id,
        emi_sme_version as version,
        emi_esm_etat_code as state_code,
        {{ parse_whole_number('emi_sme_mois') }} as month_number,
        {{ parse_whole_number('emi_sme_annee') }} as year_number,
        -- Hours that are not digits with an optional minus sign and decimal point are 0
        -- (`under_one_hour`); a number too large for the type stays a large one.
        coalesce(
            try_cast(emi_nb_heures_travail as decimal(18, 9)),
            case
                when emi_nb_heures_travail like '-%' then -999999999
                when emi_nb_heures_travail != '' then 999999999
                else 0
            end
        ) as hours,
        try_cast(emi_part_etp as decimal(18, 6)) as full_time_equivalents,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        cast({{ parse_date('emi_date_creation') }} as date) as creation_date,
        {{ parse_date('emi_date_modification') }} as modified_at,
        _extract_date as extract_date,
    from trimmed

)

select * from final
