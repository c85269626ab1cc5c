-- The monthly states as delivered. Those of ACI, EI and EITI are there too, although the stock of
-- these types comes from their contracts.
create or replace view monthly_state_rows as
with contract_months as (
    select
        contracts.contract_id,
        contracts.person_id,
        contracts.structure_type,
        contracts.area,
        contracts.slot,
        contracts.place_id,
        contracts.declaration_delay,
        unnest(
            range(start_month, least(silent_month, getvariable('until_month') + 2))
        ) as month_no,
    from contracts
),

drawn as (
    select
        contract_months.contract_id,
        contract_months.person_id,
        contract_months.structure_type,
        contract_months.place_id,
        contract_months.month_no,
        contract_months.declaration_delay,
        targets.rule,
        (contract_months.slot + targets.idle_offset) % greatest(targets.nb_slots, 1) < targets.target
            as is_working,
        contract_months.contract_id * 128 + contract_months.month_no - 2016 * 12 as state_id,
        draw('state', contract_months.contract_id * 128 + contract_months.month_no - 2016 * 12)
            as state_draw,
    from contract_months
    inner join targets using (structure_type, area, month_no)
),

timed as (
    select
        *,
        (state_draw * 7919) % 1 as late_draw,
        (state_draw * 104729) % 1 as hours_draw,
        draw('late', place_id * 4096 + month_no) as structure_draw,
    from drawn
    where
        if(
            rule = 'worked',
            is_working or state_draw < 0.2,
            -- A month of absence has no state; this share gives 8 million states in all at scale 1.
            state_draw < 0.55
        )
),

created as (
    select
        *,
        case
            -- Some are there before the month is over.
            when late_draw > 0.85 then first_day(month_no) + 8 + (hours_draw * 15)::integer
            else first_day(month_no + 1) + (hours_draw * 9)::integer
        end
        -- Some structures always declare late, others for a month or two.
        + declaration_delay
        + if(structure_draw < 0.006, 20 + floor(structure_draw * 20000), 0)::integer
            as creation_date,
    from timed
),

settled as (
    select
        *,
        -- Until then it is a draft.
        creation_date + if(late_draw < 0.01, 10 + floor(late_draw * 10000), 0)::integer
            as validation_date,
    from created
    where creation_date <= getvariable('extract_date')
)

select
    state_id,
    contract_id,
    person_id,
    structure_type,
    place_id,
    place_id * 32 + month_no // 12 - 2016 as annex_id,
    month_no,
    is_working,
    case
        when validation_date > getvariable('extract_date') then 'BROUILLON'
        when month_no >= getvariable('until_month') and state_draw < 0.4 then 'SAISI'
        when state_draw > 0.99 then 'DEBLOQUE'
        else 'VALIDE'
    end as state_code,
    case
        when structure_type = 'AI' and is_working then 1 + floor(hours_draw * hours_draw * 120)
        when structure_type = 'ETTI' and is_working then 4 + floor(hours_draw * 140)
        when structure_type in ('AI', 'ETTI') then 0
        when structure_type = 'ACI' then 40 + floor(hours_draw * 80)
        else 70 + floor(hours_draw * 81)
    end::smallint as nb_hours,
    hours_draw,
    creation_date,
    if(validation_date > getvariable('extract_date'), creation_date, validation_date)
        as modification_date,
from settled;

create or replace table state_samples as
with eligible as (
    select *, draw('exception', state_id) as exception_draw,
    from monthly_state_rows
    where
        structure_type in ('AI', 'ETTI')
        and month_no between getvariable('until_month') - 24 and getvariable('until_month')
)

select
    *,
    row_number() over (order by exception_draw, state_id) as exception_rank,
from eligible
-- So that the sort is small.
where exception_draw < greatest(0.02, 0.0004 / getvariable('scale'))
qualify exception_rank <= greatest(320, floor(getvariable('scale') * 16000));

create or replace table state_exceptions as
with kinds as (
    select
        *,
        [
            'older_before', 'older_after', 'tie_before', 'unreadable_modification',
            'killed_by_draft', 'draft', 'cancelled', 'invalid_month', 'invalid_year', 'before_period', 'after_period',
            'unknown_annex', 'refused_annex', 'measure_outside', 'unknown_measure', 'empty_id',
            'annex_against_contract', 'white_space', 'odd_hours', 'half_hours'
        ][1 + exception_rank % 20] as kind,
        exception_rank // 20 as kind_rank,
    from state_samples
),

copied as (
    select
        *,
        unnest(if(kind in ('empty_id', 'killed_by_draft', 'half_hours'), [1, 2], [1])) as copy,
    from kinds
)

select
    kind,
    kind in ('older_before', 'tie_before') as is_before,
    case
        when kind = 'empty_id' then null
        when kind in ('older_before', 'older_after', 'tie_before', 'unreadable_modification')
            then state_id
        -- The second row of 'killed_by_draft' has the id of the first.
        when kind = 'half_hours' then state_id + copy * 2000000000000
        else state_id + 1000000000000
    end as state_id,
    if(kind in ('unknown_annex', 'half_hours'), contract_id + 20000000000, contract_id)
        as contract_id,
    -- Someone without a row in Salarie, whose two rows reach one hour together.
    if(kind = 'half_hours', person_id + 20000000000, person_id) as person_id,
    case kind
        when 'unknown_annex' then annex_id + 40000000
        when 'refused_annex' then annex_id + 10000000
        when 'measure_outside' then annex_id + 20000000
        when 'unknown_measure' then annex_id + 30000000
        -- Place 1 is an ACI: measure and structure come from the annex, whatever the contract says.
        when 'annex_against_contract' then 32 + 2019 - 2016
        else annex_id
    end as annex_id,
    case kind
        when 'invalid_month' then ['13', '0', 'XX', '1.5', null][1 + kind_rank % 5]
        when 'after_period' then ((getvariable('until_month') + 1) % 12 + 1)::varchar
        else (month_no % 12 + 1)::varchar
    end as month,
    case kind
        when 'invalid_year' then ['20 22', null, '2O22'][1 + kind_rank % 3]
        when 'before_period' then (2012 + kind_rank % 5)::varchar
        when 'after_period' then ((getvariable('until_month') + 1) // 12)::varchar
        else (month_no // 12)::varchar
    end as year,
    case
        when kind in ('older_before', 'older_after', 'draft') then 'BROUILLON'
        when kind = 'killed_by_draft' and copy = 2 then 'BROUILLON'
        when kind = 'cancelled' then ['ANNULE', 'REJETE', null][1 + kind_rank % 3]
        when kind = 'white_space' then ' VALIDE '
        else 'VALIDE'
    end as state_code,
    case kind
        when 'tie_before' then '999'
        when 'half_hours' then '0.60'
        when 'white_space' then ' 12.50'
        when 'odd_hours' then ['1,5', '-3', null, '0.99', 'NC'][1 + kind_rank % 5]
        else '12.50'
    end as nb_hours,
    creation_date,
    case
        when kind = 'older_before' then french_date(modification_date - 30)
        when kind = 'older_after' then french_date(modification_date - 3) || ' 18:30:00'
        when kind = 'unreadable_modification'
            then ['2030-01-01', null, '1/1/2030'][1 + kind_rank % 3]
        when kind = 'killed_by_draft' and copy = 2
            then french_date(modification_date) || ' 00:00:01'
        else french_date(modification_date)
    end as modification_date,
from copied
order by exception_rank, copy;

create or replace view drop_etat_mensuel_indiv as
with base as (
    select
        state_id,
        contract_id,
        person_id,
        annex_id,
        if(
            place_id % 31 = 3,
            lpad((month_no % 12 + 1)::varchar, 2, '0'),
            (month_no % 12 + 1)::varchar
        ) as month,
        (month_no // 12)::varchar as year,
        state_code,
        case
            when structure_type not in ('AI', 'ETTI') or is_working
                then if(hours_draw < 0.15, nb_hours || '.50', nb_hours::varchar)
            when hours_draw < 0.6 then '0'
            when hours_draw < 0.8 then '0.00'
            when hours_draw < 0.97 then '0.50'
            when hours_draw < 0.98 then '1,5'
            when hours_draw < 0.99 then '-3'
        end as nb_hours,
        creation_date,
        french_date(modification_date) as modification_date,
    from monthly_state_rows
),

lines as (
    select * exclude (kind, is_before), from state_exceptions where is_before
    union all
    select *, from base
    union all
    select * exclude (kind, is_before), from state_exceptions where not is_before
)

select
    french_date(creation_date) as emi_date_creation,
    modification_date as emi_date_modification,
    annex_id as emi_afi_id,
    month as emi_sme_mois,
    year as emi_sme_annee,
    state_code as emi_esm_etat_code,
    1 as emi_sme_version,
    person_id as emi_pph_id,
    contract_id as emi_ctr_id,
    nb_hours as emi_nb_heures_travail,
    nb_hours as emi_nb_heures_facturees,
    'false' as emi_salarie_tjs_accomp,
    (try_cast(nb_hours as decimal(8, 2)) / 151.67)::decimal(6, 4) as emi_part_etp,
    state_id as emi_dsm_id,
from lines;
