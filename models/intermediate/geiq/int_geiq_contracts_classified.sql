with

contracts as (select * from {{ ref('int_geiq_contracts_unioned') }}),

employers_listed as (select * from {{ ref('int_geiq_employers_listed') }}),

employer_years as (select * from {{ ref('int_geiq_employer_years') }}),

territory_values as (select * from {{ ref('int_territory_values_located') }}),

coverage as (

    select * from {{ ref('int_structure_type_coverage') }}
    where structure_type = 'GEIQ'

),

months as (select * from {{ ref('int_months') }}),

employers as (

    select * from employers_listed
    where is_latest_list

),

listed_contracts as (

    select
        contracts.source,
        contracts.file_line,
        employers.postcode,
    from contracts
    inner join employers using (siret)

),

contracts_located as (

    {{ first_address_that_resolves(
        [
            ('contracts', 'commune', 'commune', 'commune_code'),
            ('contracts', 'postcode', 'postcode', 'postcode'),
            ('contracts', 'department', 'department', 'department_code'),
            ('listed_contracts', 'list_postcode', 'postcode', 'postcode'),
        ],
        key=['source', 'file_line'],
    ) }}

),

-- Rule `present_last_day`, on the list of the year of each month.
contract_months as (

    select
        contracts.source,
        contracts.file_line,
        list(months.month order by months.month) as months_present,
    from contracts
    cross join coverage
    inner join months
        on
            months.month between coverage.first_month and coverage.last_month
            and contracts.start_date <= months.last_day
            and (not contracts.has_end or contracts.end_date >= months.last_day)
    inner join employer_years
        on
            contracts.siret = employer_years.siret
            and year(months.month) = employer_years.calendar_year
    group by all

),

contracts_described as (

    select
        contracts.*,
        contracts_located.department_code as located_department_code,
        contracts_located.located_by,
        employers.siret is not null as is_employer_listed,
        contracts.start_date is not null
        and (
            not contracts.has_end
            or coalesce(contracts.end_date >= contracts.start_date, false)
        ) as has_valid_dates,
        coalesce(contracts_located.is_covered, true) as is_covered,
        contract_months.months_present,
    from contracts
    left join employers using (siret)
    left join contracts_located using (source, file_line)
    left join contract_months using (source, file_line)

),

-- The first reason that applies, in the order of indicator.md, "GEIQ contracts".
reasons_given as (

    select
        *,
        case
            when is_superseded then 'duplicate_row'
            when siret is null then 'invalid_siret'
            when not is_employer_listed then 'employer_not_a_geiq'
            when not has_valid_dates then 'invalid_dates'
            when not is_covered then 'outside_coverage'
            when months_present is null then 'never_present_on_a_last_day'
        end as reason,
    from contracts_described

),

final as (

    select
        source,
        source_table,
        siret,
        person_key,
        coalesce(located_department_code, 'NL') as department_code,
        located_by,
        if(reason is null, 'counted', 'excluded') as outcome,
        reason,
        file_line,
        start_date,
        end_date,
        if(reason is null, months_present, null) as months_present,
    from reasons_given

)

select * from final
