with

iti_entrees as (select * from {{ source('bpifrance_iti', 'iti_entrees') }}),

final as (

    select
        {{ trim_text('mois') }} as month_text,
        {{ trim_text('region') }} as region,
        {{ trim_text('departement') }} as department,
        {{ trim_text('reseau') }} as network,
        {{ trim_text('entrees') }} as nb_entries_text,
        _file as file_name,
        _load_id as load_id,
        _line as file_line,
        {{ parse_spaced_whole_number(trim_text('entrees')) }} as nb_entries,
        {{ parse_month(trim_text('mois')) }} as month,
        _extract_date as extract_date,
    from iti_entrees

)

select * from final
