with

source as (select * from {{ source('asp_fluxiae', 'asp_fluxiae__structure') }}),

trimmed as (

    select
        {{ trim_text('structure_id_siae') }} as structure_id_siae,
        {{ trim_text('structure_siret_signature') }} as structure_siret_signature,
        {{ trim_text('structure_siret_actualise') }} as structure_siret_actualise,
        {{ trim_text('structure_denomination') }} as structure_denomination,
        {{ trim_text('structure_code_naf') }} as structure_code_naf,
        {{ trim_text('structure_adresse_admin_cp') }} as structure_adresse_admin_cp,
        {{ trim_text('structure_adresse_admin_commune') }} as structure_adresse_admin_commune,
        {{ trim_text('structure_adresse_admin_code_insee') }} as structure_adresse_admin_code_insee,
        {{ trim_text('structure_adresse_gestion_cp') }} as structure_adresse_gestion_cp,
        {{ trim_text('structure_adresse_gestion_commune') }} as structure_adresse_gestion_commune,
        {{ trim_text('structure_adresse_gestion_code_insee') }}
            as structure_adresse_gestion_code_insee,
        {{ trim_white_space('structure_date_creation') }} as structure_date_creation,
        {{ trim_white_space('structure_date_modification') }} as structure_date_modification,
        _load_id,
        _file,
        _line,
        _extract_date,
    from source

),

final as (

    select
        structure_id_siae as structure_id,
        structure_siret_signature as signature_siret,
        structure_siret_actualise as current_siret,
        structure_denomination as structure_name,
        structure_code_naf as naf_code,
        structure_adresse_admin_cp as admin_postcode,
        structure_adresse_admin_commune as admin_commune_name,
        structure_adresse_admin_code_insee as admin_commune_code,
        structure_adresse_gestion_cp as management_postcode,
        structure_adresse_gestion_commune as management_commune_name,
        structure_adresse_gestion_code_insee as management_commune_code,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        cast({{ parse_date('structure_date_creation') }} as date) as creation_date,
        {{ parse_date('structure_date_modification') }} as modified_at,
        _extract_date as extract_date,
    from trimmed

)

select * from final
