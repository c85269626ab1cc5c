-- Slots are places of work that follow the targets; each is held by one person after another.
create table slots as
with bounds as (
    select
        *,
        lag(nb_slots, 1, 0) over paths as previous_slots,
        lead(nb_slots, 1, 0) over paths as next_slots,
    from targets
    window paths as (partition by structure_type, area order by month_no)
),

starts as (
    select
        structure_type,
        type_no,
        area,
        month_no as start_month,
        unnest(range(previous_slots, nb_slots)) as slot,
    from bounds
    where nb_slots > previous_slots
),

ends as (
    select
        structure_type,
        area,
        month_no + 1 as end_month,
        unnest(range(next_slots, nb_slots)) as slot,
    from bounds
    where nb_slots > next_slots
),

runs as (
    select starts.*, ends.end_month
    from (
        select
            *,
            row_number() over (partition by structure_type, area, slot order by start_month) as run,
        from starts
    ) as starts
    inner join (
        select
            *,
            row_number() over (partition by structure_type, area, slot order by end_month) as run,
        from ends
    ) as ends using (structure_type, area, slot, run)
),

-- The golden ratio spreads any run of consecutive slots over the structures as their weights say.
spread as (
    select
        *,
        ((slot + 0.5) * 0.6180339887498949) % 1 as position,
        dense_rank() over (order by type_no, area, slot) as slot_id,
    from runs
)

select
    spread.slot_id,
    spread.structure_type,
    spread.area,
    spread.slot,
    spread.start_month,
    spread.end_month,
    places.place_id,
from spread
inner join places
    on spread.structure_type = places.structure_type
    and spread.area = places.area
    and spread.position >= places.lower_bound
    and spread.position < places.upper_bound;

create table single_contracts as
with candidates as (
    select
        slots.slot_id,
        slots.structure_type,
        slots.area,
        slots.slot,
        slots.place_id,
        slots.start_month as run_start,
        slots.end_month as run_end,
        types.shortest,
        types.spread,
        types.new_share,
        unnest(range(0, 1 + (slots.end_month - slots.start_month) // types.shortest)) as run_rank,
    from slots
    inner join types using (structure_type)
),

lengths as (
    select
        *,
        shortest + floor(
            draw('length', slot_id * 1000000 + (run_start % 1000) * 100 + run_rank) * spread
        )::integer as length,
    from candidates
),

summed as (
    select
        *,
        run_start + sum(length) over (
            partition by slot_id, run_start order by run_rank rows unbounded preceding
        ) as next_month,
    from lengths
),

cut as (
    select
        * exclude (next_month),
        least(
            run_end,
            -- Few begin in August and December: they wait for the month after.
            next_month
            + (
                next_month % 12 in (7, 11)
                and draw('season', slot_id * 1000000 + next_month % 1000 * 100 + run_rank) < 0.2
            )::integer
        ) as end_month,
    from summed
),

following as (
    select
        *,
        lag(end_month, 1, run_start)
            over (partition by slot_id, run_start order by run_rank) as start_month,
    from cut
),

numbered as (
    select
        * exclude (length),
        row_number() over slots as slot_rank,
        lag(run_start) over slots is null
        or draw('person', slot_id * 1000 + start_month % 1000) < case
            -- Who left for a season comes back to the place, more often than not.
            when run_rank = 0 then 0.4
            when run_rank % 6 = 0 then 1
            else new_share
        end as is_new_person,
    from following
    where start_month < run_end
    window slots as (partition by slot_id order by start_month)
),

dated as (
    select
        *,
        slot_id * 64 + slot_rank as contract_id,
        -- From the day after the last day of the month before to three days before its own.
        last_day(first_day(start_month::integer - 1)) + 1
        + if(
            draw('first', slot_id * 64 + slot_rank) < 0.4,
            0,
            floor(draw('start', slot_id * 64 + slot_rank) * 27)::integer
        )
        -- Who is there when the history opens came some time before.
        - if(
            start_month = 2016 * 12 + 6,
            floor(draw('before', slot_id) * 30 * shortest)::integer,
            0
        ) as start_date,
        slot_id * 48
        + sum(is_new_person::integer)
            over (partition by slot_id order by start_month rows unbounded preceding) as person_id,
    from numbered
),

ended as (
    select
        *,
        coalesce(
            lead(person_id) over slots = person_id and lead(run_start) over slots = run_start, false
        ) as is_renewed,
        lead(start_date) over slots as next_start_date,
    from dated
    window slots as (partition by slot_id order by start_month)
)

select
    contract_id,
    person_id::bigint as person_id,
    person_id::bigint as identity_id,
    structure_type,
    area,
    slot,
    place_id,
    start_month::integer as start_month,
    end_month::integer as end_month,
    start_date,
    -- Never on the last day of the first month after: the next in the slot is there by then.
    if(
        is_renewed and next_start_date <= last_day(first_day(end_month::integer)),
        next_start_date - 1,
        last_day(first_day(end_month::integer - 1))
        + floor(draw('end', contract_id) * 27)::integer
    ) as end_date,
    is_renewed,
    not is_new_person and run_rank > 0 as is_renewal,
    draw('contract', contract_id) as contract_draw,
from ended;

-- Some people are in two structures at once, each with an id of its own: usually in the same
-- department, where they count once; some in another department or in an ACI too, where they count
-- again.
create table contracts as
with neighbours as (
    select place_id, sibling_id as other_id, structure_type as other_type, area as other_area,
    from places
    where sibling_id is not null
),

elsewhere as (
    select
        places.place_id,
        other_places.place_id as other_id,
        other_places.structure_type as other_type,
        other_places.area as other_area,
    from places
    inner join places as other_places
        on places.structure_type = other_places.structure_type
        and places.place_id + 1 = other_places.place_id
        and places.department_code != other_places.department_code
    where places.area != '06'
),

other_types as (
    select
        places.place_id,
        min(other_places.place_id) as other_id,
        'ACI' as other_type,
        places.area as other_area,
    from places
    inner join places as other_places using (department_code)
    where places.structure_type = 'AI' and other_places.structure_type = 'ACI'
    group by all
),

second_contracts as (
    select single_contracts.*, neighbours.*, 1000000000 as id_offset,
    from single_contracts
    inner join neighbours using (place_id)
    where draw('twin', person_id) < 0.01
    union all
    select single_contracts.*, elsewhere.*, 2000000000 as id_offset,
    from single_contracts
    inner join elsewhere using (place_id)
    where draw('elsewhere', person_id) < 0.003
    union all
    select single_contracts.*, other_types.*, 3000000000 as id_offset,
    from single_contracts
    inner join other_types using (place_id)
    where draw('two_types', person_id) < 0.004
),

all_contracts as (
    select * from single_contracts
    union all
    select
        contract_id + id_offset,
        person_id + id_offset,
        identity_id,
        other_type,
        -- The slot and area tell the months of work: they stay, unless the type has other slots.
        if(other_type = structure_type, area, other_area),
        slot,
        other_id,
        start_month,
        end_month,
        start_date,
        end_date,
        is_renewed,
        is_renewal,
        contract_draw,
    from second_contracts
)

select
    all_contracts.*,
    -- Known to the ASP from that day on.
    all_contracts.start_date - floor(all_contracts.contract_draw * 10)::integer
    + places.declaration_delay as creation_date,
    places.declaration_delay,
    least(all_contracts.end_month, places.silent_from) as silent_month,
from all_contracts
inner join places using (place_id)
order by contract_id;
