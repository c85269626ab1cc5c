with

annexes as (select * from {{ ref('stg_asp_fluxiae__annexe_financiere') }}),

accepted_states as (

    select * from {{ ref('asp_accepted_states') }}
    where object = 'annex'

),

states_checked as (

    select
        annexes.*,
        accepted_states.state_code is not null as is_state_accepted,
    from annexes
    left join accepted_states using (state_code)

),

-- Annexes are not unique on their id: an accepted state first, then the highest amendments, then
-- the later line (indicator.md, "Monthly states").
final as (

    select
        annex_id,
        structure_id,
        measure_code,
        file_line,
        is_state_accepted,
        effective_from,
        effective_to,
    from states_checked
    qualify
        annex_id is null
        or row_number() over (
            partition by annex_id
            order by
                is_state_accepted desc,
                renewal_amendment desc nulls last,
                modification_amendment desc nulls last,
                file_line desc
        ) = 1

)

select * from final
