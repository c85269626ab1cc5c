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

    select if(state_id is null, null, hash(state_id)) as state_hash
    from states
    group by state_hash
    having
        count(*) > 1
        and state_hash is not null

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

reasons_given as (

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

final as (

    select
        reasons_given.structure_id,
        reasons_given.structure_type,
        reasons_given.department_code,
        reasons_given.reason,
        reasons_given.file_line,
        reasons_given.hours,
        reasons_given.month,
        coalesce(
            persons.person_id,
            {{ person_id("coalesce(
                'pph:' || reasons_given.source_person_id,
                'state line:' || reasons_given.file_line
            )") }}
        ) as person_id,
    from reasons_given
    left join persons
        on reasons_given.source_person_id = persons.source_person_id

)

select * from final
