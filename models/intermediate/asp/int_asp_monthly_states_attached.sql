with

-- Read three times, each time for few columns: kept out of memory on purpose.
states as not materialized (

    select * from {{ ref('stg_asp_fluxiae__etat_mensuel_indiv') }}

),

accepted_states as (

    select * from {{ ref('asp_accepted_states') }}
    where object = 'monthly_state'

),

attachments as (select * from {{ ref('int_asp_attachments') }}),

measures as (select * from {{ ref('asp_measures') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

last_month as (

    select max(last_month) as last_month
    from coverage
    where structure_type in (select measures.structure_type from measures)

),

persons as (select * from {{ ref('int_asp_persons') }}),

superseded as (

    {{ superseded_lines('states', 'state_id') }}

),

annexes as (

    select * from attachments
    where attachment_kind = 'annex'

),

contracts as (

    select * from attachments
    where attachment_kind = 'contract'

),

annexes_joined as (

    select
        states.source_person_id,
        states.file_line,
        states.hours,
        annexes.structure_id,
        annexes.structure_type,
        annexes.department_code,
        annexes.reason,
        annexes.is_covered,
        annexes.first_month,
        annexes.attachment_id is not null as has_annex,
        -- Where the annex is missing, and only there, the contract gives measure and structure.
        if(annexes.attachment_id is null, states.contract_id, null)
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
    left join superseded using (file_line)
    left join accepted_states using (state_code)
    left join annexes
        on states.annex_id = annexes.attachment_id

),

attached as (

    select
        annexes_joined.source_person_id,
        annexes_joined.file_line,
        annexes_joined.hours,
        annexes_joined.month,
        annexes_joined.row_reason,
        coalesce(annexes_joined.structure_id, contracts.structure_id) as structure_id,
        coalesce(annexes_joined.structure_type, contracts.structure_type)
            as structure_type,
        coalesce(annexes_joined.department_code, contracts.department_code, 'NL')
            as department_code,
        coalesce(annexes_joined.reason, contracts.reason) as attachment_reason,
        coalesce(annexes_joined.first_month, contracts.first_month) as first_month,
        coalesce(annexes_joined.is_covered, contracts.is_covered) as is_covered,
        annexes_joined.has_annex or contracts.attachment_id is not null
            as has_attachment,
    from annexes_joined
    left join contracts
        on annexes_joined.fallback_contract_id = contracts.attachment_id

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
        reason is null as is_in_unit,
        attached.row_reason is null as is_declaration,
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
    left join persons using (source_person_id)

)

select * from final
