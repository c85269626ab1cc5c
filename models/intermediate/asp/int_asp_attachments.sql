-- A view: monthly states read the annexes of it, then the contracts, each once.
{{ config(materialized='view') }}

with

annexes as (select * from {{ ref('int_asp_annexes_kept') }}),

contracts as (select * from {{ ref('int_asp_contracts_kept') }}),

measures as (select * from {{ ref('asp_measures') }}),

coverage as (select * from {{ ref('int_structure_type_coverage') }}),

structures as (select * from {{ ref('int_asp_structures_located') }}),

-- A state is attached to an annex, or else to a contract.
attachments as (

    select
        'annex' as attachment_kind,
        annex_id as attachment_id,
        structure_id,
        measure_code,
        is_state_accepted,
    from annexes
    where annex_id is not null
    union all
    select
        'contract' as attachment_kind,
        contract_id as attachment_id,
        structure_id,
        measure_code,
        true as is_state_accepted,
    from contracts
    where contract_id is not null

),

-- The first reason that applies to all the states of an attachment, in the order of indicator.md,
-- "Monthly states".
final as (

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
    left join measures using (measure_code)
    left join coverage using (structure_type)
    left join structures using (structure_id)

)

select * from final
