with

contrats_aides as (select * from {{ source('asp_contrats_aides', 'contrats_aides') }}),

final as (

    select
        {{ trim_text('num_convention') }} as contract_number,
        {{ parse_siret('siret_employeur') }} as siret,
        nir_hash,
        {{ trim_text('code_departement') }} as department_code,
        {{ trim_text('code_postal') }} as postcode,
        {{ trim_text('type_contrat') }} as contract_type,
        {{ trim_text('date_fin_prevue') }} as planned_end_date_text,
        {{ trim_text('date_rupture') }} as termination_date_text,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        {{ parse_rank(trim_white_space('num_avenant')) }} as amendment_number,
        cast({{ parse_date(trim_text('date_embauche')) }} as date) as start_date,
        cast({{ parse_date(trim_text('date_fin_prevue')) }} as date) as planned_end_date,
        cast({{ parse_date(trim_text('date_rupture')) }} as date) as termination_date,
        _extract_date as extract_date,
    from contrats_aides

)

select * from final
