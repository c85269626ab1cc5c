with

contracts_pro as (select * from {{ ref('stg_extrapro__contrats_pro') }}),

contrats_aides as (select * from {{ ref('stg_asp_contrats_aides__contrats_aides') }}),

-- No early termination is known to Extrapro: the planned end holds (sources.md, "extrapro").
contracts_pro_shaped as (

    select
        'extrapro' as source,
        'contrats_pro' as source_table,
        contract_number,
        siret,
        nir_hash,
        commune_code,
        postcode,
        cast(null as varchar) as department_code,
        file_line,
        amendment_number,
        end_date_text is not null as has_end,
        start_date,
        end_date,
    from contracts_pro

),

-- The end is the termination where it is filled, even with something that is not a date.
contrats_aides_shaped as (

    select
        'asp_contrats_aides' as source,
        'contrats_aides' as source_table,
        contract_number,
        siret,
        nir_hash,
        cast(null as varchar) as commune_code,
        postcode,
        department_code,
        file_line,
        amendment_number,
        coalesce(termination_date_text, planned_end_date_text) is not null as has_end,
        start_date,
        if(termination_date_text is not null, termination_date, planned_end_date) as end_date,
    from contrats_aides

),

contracts as (

    select * from contracts_pro_shaped
    union all
    select * from contrats_aides_shaped

),

final as (

    select
        source,
        source_table,
        siret,
        -- A contract number tells people apart within its source only; without one, a row is its
        -- own person (indicator.md, "The counted unit").
        coalesce(
            'nir:' || nir_hash,
            source || ':' || contract_number,
            source || ' line:' || file_line
        ) as person_key,
        commune_code,
        postcode,
        department_code,
        file_line,
        has_end,
        contract_number is not null
        and row_number() over (
            partition by source, contract_number
            order by amendment_number desc nulls last, file_line desc
        ) > 1 as is_superseded,
        start_date,
        end_date,
    from contracts

)

select * from final
