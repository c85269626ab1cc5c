-- The contracts as delivered, one row each, then the rows that do not count and why.
create or replace view contract_rows as
select
    contracts.contract_id,
    contracts.person_id,
    contracts.structure_type,
    located_places.structure_id,
    located_places.measure_code,
    contracts.is_renewal,
    contracts.start_date,
    -- The planned end; some have none, some are broken off.
    case
        when contract_draw < 0.02 then null
        when contract_draw < 0.25 and not is_renewed
            then end_date + 10 + floor(contract_draw * 400)::integer
        else end_date
    end as planned_end_date,
    if(
        end_date <= getvariable('extract_date')
        and (contract_draw < 0.25 or not is_renewed)
        -- A contract without planned end has an exit date once it is over.
        and (contract_draw < 0.9 or is_renewed),
        end_date,
        null
    ) as exit_date,
    creation_date,
    greatest(
        creation_date,
        least(
            getvariable('extract_date'), start_date + 5 + floor(contract_draw * 300)::integer
        )
    ) as modification_date,
from contracts
inner join located_places using (place_id)
where creation_date <= getvariable('extract_date');

create or replace table contract_samples as
select
    contract_rows.*,
    row_number() over (order by draw('exception', contract_id), contract_id) as exception_rank,
from contract_rows
where
    structure_type in ('ACI', 'EI')
    and planned_end_date is not null
    and start_date < getvariable('extract_date') - 60
qualify exception_rank <= greatest(280, floor(getvariable('scale') * 14000));

create or replace table contract_exceptions as
with kinds as (
    select
        *,
        [
            'older_before', 'older_after', 'tie_before', 'unreadable_modification',
            'unknown_measure', 'measure_outside', 'no_start', 'unreadable_start', 'unreadable_exit',
            'end_before_start', 'within_month', 'empty_id', 'not_begun', 'unreadable_planned_end'
        ][1 + exception_rank % 14] as kind,
        exception_rank // 14 as kind_rank,
    from contract_samples
)

select
    kind,
    kind in ('older_before', 'tie_before') as is_before,
    case
        when kind = 'empty_id' then null
        when
            kind in ('older_before', 'older_after', 'tie_before', 'unreadable_modification')
            then contract_id
        else contract_id + 10000000000
    end as contract_id,
    person_id,
    structure_id,
    case kind
        when 'unknown_measure' then ['SEVE_DC', 'ACI_XX', null, 'aci'][1 + kind_rank % 4]
        when 'measure_outside' then ['ACIPA_DC', 'EIPA_DC', 'FDI_DC'][1 + kind_rank % 3]
        else measure_code
    end as measure_code,
    is_renewal,
    case kind
        when 'no_start' then null
        when 'unreadable_start'
            then ['2021-03-01', '31/02/2021', '1/3/2021', '01/03/21', 'INCONNUE'][1 + kind_rank % 5]
        when 'not_begun' then french_date(getvariable('extract_date') + 20)
        when 'within_month' then french_date(first_day(month_number(start_date)) + 1)
        else french_date(start_date)
    end as start_date,
    case kind
        when 'older_before' then french_date(start_date + 20)
        when 'older_after' then null
        when 'unreadable_planned_end'
            then ['00/00/0000', '2022-01-31', '31/04/2021'][1 + kind_rank % 3]
        when 'end_before_start' then french_date(start_date - 10)
        when 'within_month' then french_date(first_day(month_number(start_date)) + 20)
        when 'not_begun' then french_date(getvariable('extract_date') + 200)
        else french_date(planned_end_date)
    end as planned_end_date,
    case
        when kind = 'unreadable_exit' then ['2022-02-30', '31/12/9', 'NC'][1 + kind_rank % 3]
        when kind in (
            'unreadable_planned_end', 'end_before_start', 'within_month', 'not_begun',
            'older_before'
        ) then null
        else french_date(exit_date)
    end as exit_date,
    french_date(creation_date) as creation_date,
    case kind
        when 'older_before' then french_date(modification_date - 300)
        when 'older_after' then french_date(modification_date - 200) || ' 23:59:59'
        when 'unreadable_modification' then ['2030-01-01', null, '1/1/2030'][1 + kind_rank % 3]
        -- The tie is with the row of the base, which has no time.
        else french_date(modification_date)
    end as modification_date,
    -- Few records, and none in the middle of the file, have a line break in a field.
    case
        when kind in ('older_before', 'empty_id')
            then ['rupture' || chr(11) || 'd''un commun accord', 'poste "accueil', null, null][
                1 + kind_rank % 4
            ]
    end as observations,
    unnest(if(kind = 'empty_id', [1, 2], [1])) as copy,
from kinds
order by exception_rank;

create or replace view drop_contrat_mission as
with base as (
    select
        contract_id,
        person_id,
        structure_id,
        measure_code,
        is_renewal,
        french_date(start_date) as start_date,
        french_date(planned_end_date) as planned_end_date,
        french_date(exit_date) as exit_date,
        french_date(creation_date) as creation_date,
        french_date(modification_date) as modification_date,
        null as observations,
    from contract_rows
),

lines as (
    select * exclude (kind, is_before, copy), from contract_exceptions where is_before
    union all
    select *, from base
    union all
    select * exclude (kind, is_before, copy), from contract_exceptions where not is_before
)

select
    creation_date as contrat_date_creation,
    modification_date as contrat_date_modification,
    contract_id as contrat_id_ctr,
    person_id as contrat_id_pph,
    structure_id as contrat_id_structure,
    if(is_renewal, contract_id - 1, contract_id) as contrat_parent_id,
    if(is_renewal, 1, 0) as contrat_type_contrat,
    measure_code as contrat_mesure_disp_code,
    start_date as contrat_date_embauche,
    planned_end_date as contrat_date_fin_contrat,
    exit_date as contrat_date_sortie_definitive,
    if(exit_date is null, null, 20 + contract_id % 9) as contrat_motif_sortie_id,
    observations as contrat_observations,
    'false' as contrat_salarie_rqth,
from lines;
