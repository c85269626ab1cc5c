with

contrats_pro as (select * from {{ source('extrapro', 'contrats_pro') }}),

final as (

    select
        {{ trim_text('num_contrat') }} as contract_number,
        {{ parse_siret('siret_employeur') }} as siret,
        nir_hash,
        {{ trim_text('code_commune_insee') }} as commune_code,
        {{ trim_text('code_postal') }} as postcode,
        {{ trim_text('code_naf') }} as naf_code,
        {{ trim_text('idcc') }} as collective_agreement_code,
        {{ trim_text('type_contrat') }} as contract_type,
        {{ trim_text('raison_sociale') }} as employer_name,
        {{ trim_text('libelle_commune') }} as commune_name,
        {{ trim_text('opco') }} as training_fund_name,
        {{ trim_text('date_fin') }} as end_date_text,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        {{ parse_rank(trim_white_space('num_avenant')) }} as amendment_number,
        cast({{ parse_date(trim_text('date_debut')) }} as date) as start_date,
        cast({{ parse_date(trim_text('date_fin')) }} as date) as end_date,
        cast({{ parse_date(trim_text('date_enregistrement')) }} as date) as registration_date,
        _extract_date as extract_date,
    from contrats_pro

)

select * from final
