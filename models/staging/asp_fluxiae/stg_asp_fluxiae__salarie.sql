with

source as (select * from {{ source('asp_fluxiae', 'asp_fluxiae__salarie') }}),

final as (

    select
        {{ trim_text('salarie_id') }} as source_person_id,
        -- Written by the loader: there is nothing to trim.
        salarie_nir_hash as nir_hash,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        {{ parse_date(trim_white_space('salarie_date_modification')) }} as modified_at,
        _extract_date as extract_date,
    from source

)

select * from final
