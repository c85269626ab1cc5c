{% set hours = whole_match(
    trim_white_space('emi_nb_heures_travail'), '-?(?:\\d+\\.?\\d*|\\.\\d+)'
) -%}

with

source as (select * from {{ source('asp_fluxiae', 'asp_fluxiae__etat_mensuel_indiv') }}),

final as (

    select
        {{ trim_text('emi_dsm_id') }} as state_id,
        {{ trim_text('emi_pph_id') }} as source_person_id,
        {{ trim_text('emi_afi_id') }} as annex_id,
        {{ trim_text('emi_ctr_id') }} as contract_id,
        {{ trim_text('emi_sme_version') }} as version,
        {{ trim_text('emi_esm_etat_code') }} as state_code,
        {{ parse_whole_number(trim_white_space('emi_sme_mois')) }} as month_number,
        {{ parse_whole_number(trim_white_space('emi_sme_annee')) }} as year_number,
        -- Hours that are not digits with an optional minus sign and decimal point are 0
        -- (`under_one_hour`); a number too large for the type stays a large one.
        coalesce(
            try_cast({{ hours }} as decimal(18, 9)),
            case
                when {{ hours }} like '-%' then -999999999
                when {{ hours }} != '' then 999999999
                else 0
            end
        ) as hours,
        try_cast({{ trim_white_space('emi_part_etp') }} as decimal(18, 6))
            as full_time_equivalents,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        cast({{ parse_date(trim_white_space('emi_date_creation')) }} as date) as creation_date,
        {{ parse_date(trim_white_space('emi_date_modification')) }} as modified_at,
        _extract_date as extract_date,
    from source

)

select * from final
