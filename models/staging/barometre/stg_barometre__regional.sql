with

regional as (select * from {{ source('barometre', 'regional') }}),

final as (

    select
        {{ trim_text('id_indicateur') }} as indicator_id,
        {{ trim_text('code_region') }} as region_code,
        {{ trim_text('mesure') }} as measure_name,
        {{ trim_text('indicateur') }} as indicator_name,
        {{ trim_text('libelle_region') }} as region_label,
        {{ trim_text('unite') }} as unit,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        try_cast({{ trim_text('valeur') }} as double) as value,
        try_cast({{ trim_text('date') }} as date) as month_end_date,
        _extract_date as edition,
    from regional

)

select * from final
