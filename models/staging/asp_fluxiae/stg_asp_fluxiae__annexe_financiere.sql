with

source as (select * from {{ source('asp_fluxiae', 'asp_fluxiae__annexe_financiere') }}),

final as (

    select
        {{ trim_text('af_id_annexe_financiere') }} as annex_id,
        {{ trim_text('af_id_structure') }} as structure_id,
        {{ trim_text('af_mesure_dispositif_code') }} as measure_code,
        {{ trim_text('af_numero_annexe_financiere') }} as annex_number,
        -- Measure, 3-character department, 2-digit year, order: `ACI054180019`, `ETTI59L181001`.
        nullif(
            regexp_extract(
                {{ strip_spreadsheet_marks(trim_text('af_numero_annexe_financiere')) }},
                '^[A-Za-z]+(\d[\dA-Za-z]{2})\d\d',
                1
            ),
            ''
        ) as annex_department_part,
        {{ trim_text('af_etat_annexe_financiere_code') }} as state_code,
        {{ parse_rank(trim_white_space('af_numero_avenant_renouvellement')) }} as renewal_amendment,
        {{ parse_rank(trim_white_space('af_numero_avenant_modification')) }}
            as modification_amendment,
        try_cast({{ trim_white_space('af_etp_postes_insertion') }} as decimal(18, 6))
            as full_time_equivalents,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        {{ parse_date(trim_white_space('af_date_debut_effet')) }} as effective_from,
        {{ parse_date(trim_white_space('af_date_fin_effet')) }} as effective_to,
        _extract_date as extract_date,
    from source

)

select * from final
