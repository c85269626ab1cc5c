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

superseded as (

    {{ superseded_lines('states', 'state_id') }}

),

-- A state is attached to an annex, or else to a contract.
attachments as (

    select
        'annex' as attachment_kind,
        annex_id as attachment_id,
        structure_id,
        measure_code,
        is_state_accepted,
    from annexes
    union all
    select
        'contract' as attachment_kind,
        contract_id as attachment_id,
        structure_id,
        measure_code,
        true as is_state_accepted,
    from contracts

),

-- What follows from the attachment is the same for all of its states: found once, not for each.
attachments_described as (

    select
        attachments.attachment_kind,
        attachments.attachment_id,
        attachments.structure_id,
        coverage.structure_type,
        coalesce(structures.department_code, 'NL') as department_code,
        case
            when not attachments.is_state_accepted then 'annex_state_not_accepted'
            when measures.measure_code is null then 'unknown_measure'
            when coverage.structure_type is null then 'measure_outside_indicator'
            when coverage.stock_rule != 'worked_in_month' then 'measured_from_contracts'
        end as reason,
        coalesce(structures.is_covered, true) as is_covered,
        coverage.first_month,
    from attachments
    left join measures
        on attachments.measure_code = measures.measure_code
    left join coverage
        on measures.structure_type = coverage.structure_type
    left join structures
        on attachments.structure_id = structures.structure_id

),

described_annexes as (

    select * from attachments_described
    where attachment_kind = 'annex'

),

described_contracts as (

    select * from attachments_described
    where attachment_kind = 'contract'

),

annexes_joined as (

    select
        states.source_person_id,
        states.file_line,
        states.hours,
        described_annexes.structure_id,
        described_annexes.structure_type,
        described_annexes.department_code,
        described_annexes.reason,
        described_annexes.is_covered,
        described_annexes.first_month,
        described_annexes.attachment_id is not null as has_annex,
        -- Where the annex is missing, and only there, the contract gives measure and structure.
        if(described_annexes.attachment_id is null, states.contract_id, null)
            as fallback_contract_id,
        case
            when superseded.file_line is not null then 'duplicate_row'
            when accepted_states.state_code is null then 'state_not_accepted'
            when
                not coalesce(states.month_number between 1 and 12, false)
                or states.year_number is null
                then 'invalid_month'
        end as row_reason,
        if(
            states.month_number between 1 and 12 and states.year_number between 1 and 9999,
            make_date(states.year_number, states.month_number, 1),
            null
        ) as month,
    from states
    left join superseded
        on states.file_line = superseded.file_line
    left join accepted_states
        on states.state_code = accepted_states.state_code
    left join described_annexes
        on states.annex_id = described_annexes.attachment_id

),

attached as (

    select
        annexes_joined.source_person_id,
        annexes_joined.file_line,
        annexes_joined.hours,
        annexes_joined.month,
        annexes_joined.row_reason,
        coalesce(annexes_joined.structure_id, described_contracts.structure_id) as structure_id,
        coalesce(annexes_joined.structure_type, described_contracts.structure_type)
            as structure_type,
        coalesce(annexes_joined.department_code, described_contracts.department_code, 'NL')
            as department_code,
        coalesce(annexes_joined.reason, described_contracts.reason) as attachment_reason,
        coalesce(annexes_joined.first_month, described_contracts.first_month) as first_month,
        coalesce(annexes_joined.is_covered, described_contracts.is_covered) as is_covered,
        annexes_joined.has_annex or described_contracts.attachment_id is not null
            as has_attachment,
    from annexes_joined
    left join described_contracts
        on annexes_joined.fallback_contract_id = described_contracts.attachment_id

),

final as (

    select
        attached.structure_id,
        attached.structure_type,
        attached.department_code,
        case
            when attached.row_reason is not null then attached.row_reason
            when
                coalesce(
                    attached.month < cast('{{ var("series_start") }}' as date)
                    or attached.month > last_month.last_month,
                    true
                )
                then 'outside_period'
            when not attached.has_attachment then 'unknown_annex'
            when attached.attachment_reason is not null then attached.attachment_reason
            -- A type that begins later than the series (seed `structure_types`).
            when attached.month < attached.first_month then 'outside_period'
            when not attached.is_covered then 'outside_coverage'
        end as reason,
        attached.file_line,
        attached.hours,
        attached.month,
        coalesce(
            persons.person_id,
            {{ person_id("coalesce(
                'pph:' || attached.source_person_id,
                'state line:' || attached.file_line
            )") }}
        ) as person_id,
    from attached
    cross join last_month
    left join persons
        on attached.source_person_id = persons.source_person_id

)

select * from final
