with

annexes as (select * from {{ ref('stg_asp_fluxiae__annexe_financiere') }}),

accepted_states as (

    select * from {{ ref('asp_accepted_states') }}
    where object = 'annex'

),

-- Annexes are not unique on their id: an accepted state first, then the highest amendments, then
-- the later line (indicator.md, "Monthly states").
final as (

    select
        annexes.annex_id,
        annexes.structure_id,
        annexes.measure_code,
        annexes.file_line,
        accepted_states.state_code is not null as is_state_accepted,
        annexes.effective_from,
        annexes.effective_to,
    from annexes
    left join accepted_states using (state_code)
    qualify
        annexes.annex_id is null
        or row_number() over (
            partition by annexes.annex_id
            order by
                is_state_accepted desc,
                annexes.renewal_amendment desc nulls last,
                annexes.modification_amendment desc nulls last,
                annexes.file_line desc
        ) = 1

)

select * from final
