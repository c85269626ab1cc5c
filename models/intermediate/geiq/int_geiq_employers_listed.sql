with

list_rows as (select * from {{ ref('stg_geiq__listes') }}),

-- Repeated SIRETs are normal: the first row of a SIRET in a list counts (sources.md, "geiq").
final as (

    select
        siret,
        postcode,
        list_year,
        list_year = max(list_year) over (partition by siret) as is_latest_list,
    from list_rows
    where siret is not null
    qualify row_number() over (partition by siret, list_year order by file_line) = 1

)

select * from final
