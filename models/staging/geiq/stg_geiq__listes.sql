with

listes as (select * from {{ source('geiq', 'listes') }}),

final as (

    select
        {{ parse_siret('siret') }} as siret,
        {{ trim_text('code_postal') }} as postcode,
        {{ trim_text('nom') }} as employer_name,
        {{ trim_text('ville') }} as city,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        cast(year(_extract_date) as integer) as list_year,
        _extract_date as extract_date,
    from listes

)

select * from final
