with

source as (select * from {{ source('asp_fluxiae', 'asp_fluxiae__structure') }}),

final as (

    select
        {{ trim_text('structure_id_siae') }} as structure_id,
        {{ trim_text('structure_siret_signature') }} as signature_siret,
        {{ trim_text('structure_siret_actualise') }} as current_siret,
        {{ trim_text('structure_denomination') }} as structure_name,
        {{ trim_text('structure_code_naf') }} as naf_code,
        {{ trim_text('structure_adresse_admin_cp') }} as admin_postcode,
        {{ trim_text('structure_adresse_admin_commune') }} as admin_commune_name,
        {{ trim_text('structure_adresse_admin_code_insee') }} as admin_commune_code,
        {{ trim_text('structure_adresse_gestion_cp') }} as management_postcode,
        {{ trim_text('structure_adresse_gestion_commune') }} as management_commune_name,
        {{ trim_text('structure_adresse_gestion_code_insee') }} as management_commune_code,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        cast({{ parse_date(trim_white_space('structure_date_creation')) }} as date)
            as creation_date,
        {{ parse_date(trim_white_space('structure_date_modification')) }} as modified_at,
        _extract_date as extract_date,
    from source

)

select * from final
