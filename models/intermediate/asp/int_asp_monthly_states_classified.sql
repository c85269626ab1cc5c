with

-- Read three times, each time for few columns: kept out of memory on purpose.
states as not materialized (

    select * from {{ ref('stg_asp_fluxiae__etat_mensuel_indiv') }}

),

accepted_states as (

    select * from {{ ref('asp_accepted_states') }}
    where object = 'monthly_state'

),

annexes as (

    select * from {{ ref('int_asp_annexes_kept') }}

),

contracts as (

    select
        contract_id,
        structure_id,
        measure_code,
    from {{ ref('int_asp_contracts_classified') }}
    where
        contract_id is not null
        and reason is distinct from 'duplicate_row'

),

measures as (

    select * from {{ ref('asp_measures') }}

),

coverage as (

    select * from {{ ref('int_structure_type_coverage') }}

),

last_month as (

    select max(last_month) as last_month
    from coverage
    where structure_type in (select measures.structure_type from measures)

),

structures as (

    select * from {{ ref('int_asp_structures_located') }}

),

persons as (

    select * from {{ ref('int_asp_persons') }}

),

-- Repeated ids are rare: their hashes are found first, so that only their rows are ranked.
repeated_hashes as (

    select hash(state_id) as state_hash
    from states
    where state_id is not null
    group by state_hash
    having count(*) > 1

),

superseded as (

    select file_line
    from states
    where hash(state_id) in (select repeated_hashes.state_hash from repeated_hashes)
    qualify
        row_number() over (
            partition by state_id
            order by modified_at desc nulls last, file_line desc
        ) > 1

),

annexes_joined as (

    select
        states.source_person_id,
        states.file_line,
        states.hours,
        annexes.structure_id,
        annexes.measure_code,
        annexes.annex_id is not null as has_annex,
        annexes.is_state_accepted,
        superseded.file_line is not null as is_superseded,
        accepted_states.state_code is not null as is_accepted,
        coalesce(states.month_number between 1 and 12 and states.year_number is not null, false)
            as has_valid_month,
        if(
            states.month_number between 1 and 12 and states.year_number between 1 and 9999,
            make_date(states.year_number, states.month_number, 1),
            null
        ) as month,
        if(annexes.annex_id is null, states.contract_id, null) as fallback_contract_id,
    from states
    left join superseded
        on states.file_line = superseded.file_line
    left join accepted_states
        on states.state_code = accepted_states.state_code
    left join annexes
        on states.annex_id = annexes.annex_id

),

-- Where the annex is missing, and only there, the contract gives measure and structure.
contracts_joined as (

    select
        annexes_joined.source_person_id,
        coalesce(annexes_joined.structure_id, contracts.structure_id) as structure_id,
        coalesce(annexes_joined.measure_code, contracts.measure_code) as measure_code,
        annexes_joined.file_line,
        annexes_joined.hours,
        annexes_joined.has_annex,
        contracts.contract_id is not null as has_contract,
        annexes_joined.is_state_accepted,
        annexes_joined.is_superseded,
        annexes_joined.is_accepted,
        annexes_joined.has_valid_month,
        annexes_joined.month,
    from annexes_joined
    left join contracts
        on annexes_joined.fallback_contract_id = contracts.contract_id

),

reasons_but_hours as (

    select
        contracts_joined.source_person_id,
        contracts_joined.structure_id,
        coverage.structure_type,
        coalesce(structures.department_code, 'NL') as department_code,
        case
            when contracts_joined.is_superseded then 'duplicate_row'
            when not contracts_joined.is_accepted then 'state_not_accepted'
            when not contracts_joined.has_valid_month then 'invalid_month'
            when
                coalesce(
                    contracts_joined.month < cast('{{ var("series_start") }}' as date)
                    or contracts_joined.month > last_month.last_month,
                    true
                )
                then 'outside_period'
            when not contracts_joined.has_annex and not contracts_joined.has_contract
                then 'unknown_annex'
            when contracts_joined.has_annex and not contracts_joined.is_state_accepted
                then 'annex_state_not_accepted'
            when measures.measure_code is null then 'unknown_measure'
            when coverage.structure_type is null then 'measure_outside_indicator'
            when coverage.stock_rule != 'worked_in_month' then 'measured_from_contracts'
            -- A type that begins later than the series (seed `structure_types`).
            when contracts_joined.month < coverage.first_month then 'outside_period'
            when not coalesce(structures.is_covered, true) then 'outside_coverage'
        end as reason,
        contracts_joined.file_line,
        contracts_joined.hours,
        contracts_joined.month,
    from contracts_joined
    cross join last_month
    left join measures
        on contracts_joined.measure_code = measures.measure_code
    left join coverage
        on measures.structure_type = coverage.structure_type
    left join structures
        on contracts_joined.structure_id = structures.structure_id

),

persons_joined as (

    select
        reasons_but_hours.structure_id,
        reasons_but_hours.structure_type,
        reasons_but_hours.department_code,
        reasons_but_hours.reason,
        reasons_but_hours.file_line,
        reasons_but_hours.hours,
        reasons_but_hours.month,
        coalesce(
            persons.person_id,
            {{ person_id("coalesce(
                'pph:' || reasons_but_hours.source_person_id,
                'state line:' || reasons_but_hours.file_line
            )") }}
        ) as person_id,
    from reasons_but_hours
    left join persons
        on reasons_but_hours.source_person_id = persons.source_person_id

),

-- A unit with a row of one hour or more reaches it: only those with a smaller row are added up.
units_in_doubt as (

    select distinct
        month,
        department_code,
        structure_type,
        person_id,
    from persons_joined
    where
        reason is null
        and hours < 1

),

units_under_one_hour as (

    select
        persons_joined.month,
        persons_joined.department_code,
        persons_joined.structure_type,
        persons_joined.person_id,
    from persons_joined
    semi join units_in_doubt
        on
            persons_joined.month = units_in_doubt.month
            and persons_joined.department_code = units_in_doubt.department_code
            and persons_joined.structure_type = units_in_doubt.structure_type
            and persons_joined.person_id = units_in_doubt.person_id
    where persons_joined.reason is null
    group by all
    having sum(persons_joined.hours) < 1

),

reasons_given as (

    select
        persons_joined.structure_id,
        persons_joined.structure_type,
        persons_joined.department_code,
        persons_joined.person_id,
        persons_joined.file_line,
        persons_joined.hours,
        persons_joined.month,
        coalesce(
            persons_joined.reason,
            if(units_under_one_hour.person_id is null, null, 'under_one_hour')
        ) as reason,
    from persons_joined
    left join units_under_one_hour
        on
            persons_joined.month = units_under_one_hour.month
            and persons_joined.department_code = units_under_one_hour.department_code
            and persons_joined.structure_type = units_under_one_hour.structure_type
            and persons_joined.person_id = units_under_one_hour.person_id

),

final as (

    select
        structure_id,
        structure_type,
        department_code,
        if(reason is null, 'counted', 'excluded') as outcome,
        reason,
        person_id,
        file_line,
        hours,
        month,
    from reasons_given

)

select * from final
