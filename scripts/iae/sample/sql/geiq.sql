-- GEIQ, their yearly lists, and the contracts of Extrapro and of the contrats aidés.
-- Needs targets.sql (macros, months).

-- Those with rank 1 to nb_regular are on every list and hold the calibrated stock.
create or replace table geiqs as
with counted as (
    -- 189 GEIQ at the end of 2021.
    select greatest(30, round(getvariable('scale') * 189)::integer) as nb_regular,
),

cumulated as (
    select
        departments.*,
        sum(population) over (order by department_code) / sum(population) over () as upper_bound,
        (sum(population) over (order by department_code) - population) / sum(population) over ()
            as lower_bound,
    from departments
    inner join areas on departments.region_code = areas.area and areas.is_covered
),

regular as (
    select rank as geiq_id, department_code, 'every' as listed,
    from counted
    cross join range(1, nb_regular + 1) as ranks (rank)
    inner join cumulated
        on (rank - 0.5) / nb_regular >= lower_bound
        and (rank - 0.5) / nb_regular < upper_bound
),

special as (
    select nb_regular + geiq_rank as geiq_id, department_code, listed,
    from counted
    cross join (
        values (1, '976', 'every'), (2, '35', 'first'), (3, '44', 'last'), (4, null, 'every'),
        (5, '69', 'every')
    ) as specials (geiq_rank, department_code, listed)
),

placed as (
    select * from regular
    union all
    select * from special
)

select
    placed.geiq_id,
    placed.listed,
    placed.department_code,
    departments.department_name,
    departments.commune_code,
    departments.commune_name,
    departments.postcode,
    -- Some SIRETs begin with zeros, which spreadsheets lose.
    case geiq_id % 5 when 0 then '00' when 1 then '0' else '' end
    || substr((300000000 + geiq_id * 7654321 % 600000000)::varchar || '00018', 1, 14
        - case geiq_id % 5 when 0 then 2 when 1 then 1 else 0 end) as siret,
    case
        when geiq_id % 11 = 4 then 'GEIQ BTP ; Industrie fictive ' || geiq_id
        when geiq_id % 13 = 6 then 'GEIQ "Propreté" fictif ' || geiq_id
        else 'GEIQ Éléments fictifs ' || geiq_id
    end as name,
    (geiq_id - 1) / (select nb_regular from counted)::double as lower_bound,
    geiq_id / (select nb_regular from counted)::double as upper_bound,
from placed
left join departments using (department_code)
order by geiq_id;

create or replace table geiq_slots as
with path as (
    select
        months.month_no,
        round(
            getvariable('scale')
            -- Before 2021, the months of 2021.
            * coalesce(monthly_stock.value, first_year.value)
        )::integer as nb_slots,
    from months
    left join monthly_stock
        on months.calibrated_month = monthly_stock.month and monthly_stock.structure_type = 'GEIQ'
    inner join monthly_stock as first_year
        on first_year.structure_type = 'GEIQ'
        and year(first_year.month) = 2021
        and month(first_year.month) = months.month_no % 12 + 1
    where months.month_no >= 2020 * 12
),

bounds as (
    select
        *,
        lag(nb_slots, 1, 0) over (order by month_no) as previous_slots,
        lead(nb_slots, 1, 0) over (order by month_no) as next_slots,
    from path
),

starts as (
    select month_no as start_month, unnest(range(previous_slots, nb_slots)) as slot,
    from bounds
    where nb_slots > previous_slots
),

ends as (
    select month_no + 1 as end_month, unnest(range(next_slots, nb_slots)) as slot,
    from bounds
    where nb_slots > next_slots
)

select starts.slot, starts.start_month, ends.end_month,
from (
    select *, row_number() over (partition by slot order by start_month) as run, from starts
) as starts
inner join (
    select *, row_number() over (partition by slot order by end_month) as run, from ends
) as ends using (slot, run);

create or replace table geiq_contracts as
with candidates as (
    select
        *,
        unnest(range(0, 1 + (end_month - start_month) // 6)) as run_rank,
    from geiq_slots
),

lengths as (
    select
        *,
        6 + floor(draw('geiq', slot * 1000000 + start_month % 1000 * 100 + run_rank) * 11)::integer
            as length,
    from candidates
),

cut as (
    select
        slot,
        start_month + sum(length) over runs - length as first_month,
        least(start_month + sum(length) over runs, end_month) as next_month,
        end_month as run_end,
    from lengths
    window runs as (
        partition by slot, start_month order by run_rank rows unbounded preceding
    )
),

numbered as (
    select
        *,
        slot * 32 + row_number() over (partition by slot order by first_month) as contract_no,
    from cut
    where first_month < run_end
)

select
    contract_no,
    -- One in eight is a contrat aidé.
    if(draw('source', contract_no) < 0.12, 'asp_contrats_aides', 'extrapro') as source,
    geiqs.geiq_id,
    last_day(first_day(first_month::integer - 1)) + 1
    + floor(draw('geiq_start', contract_no) * 20)::integer as start_date,
    last_day(first_day(next_month::integer - 1))
    + floor(draw('geiq_end', contract_no) * 27)::integer as end_date,
    '1' || (70 + contract_no % 30) || lpad((1 + contract_no % 12)::varchar, 2, '0')
    || lpad((1 + contract_no % 95)::varchar, 2, '0')
    -- Apart from the people of the ASP extranet.
    || lpad(((contract_no * 7 + 500000) % 1000000)::varchar, 6, '0') as nir,
from numbered
inner join geiqs
    on geiqs.upper_bound <= 1
    and (slot + 0.5) * 0.6180339887498949 % 1 >= geiqs.lower_bound
    and (slot + 0.5) * 0.6180339887498949 % 1 < geiqs.upper_bound
where
    last_day(first_day(first_month::integer - 1)) + 1
    + floor(draw('geiq_start', contract_no) * 20)::integer <= getvariable('extract_date')
order by contract_no;

-- What does not count, of both sources, and the employers that are no GEIQ, far more numerous.
create or replace table geiq_rows as
with nb_exceptions as (
    select greatest(4, floor(getvariable('scale') * 200))::integer as nb_of_a_kind,
),

ranked as (
    select
        *,
        row_number() over (partition by source order by draw('exception', contract_no))
            as source_rank,
    from geiq_contracts
    where start_date between date '2021-02-01' and getvariable('extract_date') - 90
),

kinds as (
    select
        * exclude (source_rank),
        [
            'older_amendment', 'tie', 'ruined_siret', 'other_employer', 'no_start',
            'unreadable_end',
            'end_before_start', 'outside', 'within_month', 'off_the_list', 'not_yet_listed',
            'unlocatable', 'empty_number', 'list_postcode'
        ][1 + source_rank % 14] as kind,
        source_rank // 14 as kind_rank,
    from ranked
    where source_rank <= 14 * (select nb_of_a_kind from nb_exceptions)
),

exceptions as (
    select * exclude (kind_rank) replace (
        if(
            kind in ('older_amendment', 'tie'), contract_no, contract_no + 50000000
        ) as contract_no,
        case kind
            when 'outside' then (select geiq_id from geiqs where department_code = '976')
            when 'off_the_list' then (select geiq_id from geiqs where listed = 'first')
            when 'not_yet_listed' then (select geiq_id from geiqs where listed = 'last')
            when 'unlocatable'
                then (select geiq_id from geiqs where department_code is null)
            when 'list_postcode' then (select max(geiq_id) from geiqs)
            when 'other_employer' then null
            else geiq_id
        end as geiq_id,
        case
            when kind = 'off_the_list' then date '2022-02-01' + kind_rank::integer
            when kind = 'not_yet_listed' then date '2020-10-01' + kind_rank::integer
            else start_date
        end as start_date,
        case
            when kind = 'within_month' then start_date + 1
            when kind = 'not_yet_listed' then date '2021-06-15'
            when kind = 'off_the_list' then date '2022-08-20'
            else end_date
        end as end_date
    ),
    from kinds
    where
        -- These need more than one list.
        kind not in ('off_the_list', 'not_yet_listed')
        or getvariable('until_month') >= 2022 * 12
),

others as (
    select
        contract_no + 60000000 as contract_no,
        source,
        null::bigint as geiq_id,
        start_date,
        end_date,
        '2' || nir[2:] as nir,
        'other_employer' as kind,
    from geiq_contracts
    where draw('other', contract_no) < 0.8
)

select *, 'regular' as kind, from geiq_contracts
union all
select * from others
union all
select * from exceptions;

create or replace table employer_rows as
select
    geiq_rows.source,
    geiq_rows.contract_no,
    kind,
    case when kind != 'empty_number' then contract_no % 100000000 + 75202100000000 end as number,
    case
        when kind = 'older_amendment' then if(contract_no % 2 = 0, '0', null)
        when kind = 'regular' then '1'
        when kind = 'tie' then '1'
    end as amendment,
    case
        when kind = 'ruined_siret' then '4,12341E+13'
        when geiq_rows.geiq_id is null
            then (40000000000000 + contract_no * 1234577 % 9999999999999)::varchar
        when contract_no % 9 = 1
            then siret[1:3] || ' ' || siret[4:6] || ' ' || siret[7:9] || ' ' || siret[10:14]
        when contract_no % 3 = 2 then ltrim(siret, '0')
        else siret
    end as siret,
    case
        when geiq_rows.geiq_id is not null then name
        when contract_no % 97 = 5 then 'BOULANGERIE "AU BON EXEMPLE"; fils'
        else 'ENTREPRISE FICTIVE ' || contract_no % 9999
    end as employer_name,
    coalesce(geiqs.department_code, if(kind = 'other_employer', '75', null)) as department_code,
    case
        when kind in ('list_postcode', 'unlocatable') then null
        when contract_no % 13 = 3 then null
        when contract_no % 17 = 5 then ltrim(commune_code, '0')
        when kind = 'other_employer' then '75056'
        else commune_code
    end as commune_code,
    case
        when kind in ('list_postcode', 'unlocatable') then null
        when contract_no % 19 = 7 then ltrim(postcode, '0')
        when kind = 'other_employer' then '75011'
        else postcode
    end as postcode,
    commune_name,
    case kind
        when 'no_start' then null
        else french_date(start_date)
    end as start_date,
    case kind
        when 'unreadable_end' then ['2022-03-31', '31/02/2022', 'CDI'][1 + contract_no % 3]
        when 'end_before_start' then french_date(start_date - 40)
        when 'older_amendment' then french_date(end_date - 60)
        when 'tie' then french_date(start_date - 5)
        else french_date(end_date)
    end as end_date,
    french_date(end_date + 60) as later_end_date,
    contract_no % 3 = 0 and kind in ('regular', 'other_employer') as is_broken_off,
    french_date(start_date + 12) as registration_date,
    case
        when contract_no % 41 = 3 then null
        when contract_no % 43 = 4 then '0000000000000'
        when contract_no % 7 = 2
            then nir || lpad((97 - nir::bigint % 97)::varchar, 2, '0')
        else nir
    end as person_number,
    -- A tie is lost by the earlier line.
    if(kind = 'tie', 0, 1) as position,
from geiq_rows
left join geiqs using (geiq_id)
order by position, kind = 'regular', contract_no;

create or replace view drop_contrats_pro as
select
    number as "NUM_CONTRAT",
    if(contract_no % 5 = 0, '21', '11') as "TYPE_CONTRAT",
    amendment as "NUM_AVENANT",
    siret as "SIRET_EMPLOYEUR",
    employer_name as "RAISON_SOCIALE",
    '7830Z' as "CODE_NAF",
    '1486' as "IDCC",
    commune_code as "CODE_COMMUNE_INSEE",
    postcode as "CODE_POSTAL",
    commune_name as "LIBELLE_COMMUNE",
    start_date as "DATE_DEBUT",
    end_date as "DATE_FIN",
    registration_date as "DATE_ENREGISTREMENT",
    ['OPCO EP', 'AKTO', 'Constructys', 'OPCO 2i'][1 + contract_no % 4] as "OPCO",
    person_number as "NIR",
from employer_rows
where source = 'extrapro'
order by position, kind = 'regular', contract_no;

create or replace view drop_contrats_aides as
select
    number as num_convention,
    amendment as num_avenant,
    ['PEC', 'PEC', 'CUI-CAE', 'CUI-CIE'][1 + contract_no % 4] as type_contrat,
    siret as siret_employeur,
    case
        when kind in ('list_postcode', 'unlocatable') then null
        when contract_no % 4 = 0 then lpad(department_code, 3, '0')
        when contract_no % 4 = 1 then ltrim(department_code, '0')
        else department_code
    end as code_departement,
    if(contract_no % 3 = 0, postcode, null) as code_postal,
    start_date as date_embauche,
    if(is_broken_off, later_end_date, end_date) as date_fin_prevue,
    if(is_broken_off, end_date, null) as date_rupture,
    person_number as nir,
from employer_rows
where source = 'asp_contrats_aides'
order by position, kind = 'regular', contract_no;

-- The lists of every year: some SIRETs are repeated, some are missing.
create or replace table geiq_lists as
with years as (
    select
        *,
        -- The list of the last year may not be out: the one before holds.
        unnest(range(2020, greatest(2021, least(2023, getvariable('until_month') // 12 + 1))))
            as year,
    from geiqs
),

listed as (
    select *
    from years
    where
        listed = 'every'
        or (listed = 'first' and year < 2022)
        or (listed = 'last' and year >= 2022)
)

select
    year,
    geiq_id,
    name,
    geiq_id || ' RUE DE L''EXEMPLE' as street,
    postcode,
    upper(commune_name) as town,
    siret as siret_number,
    'contact@geiq-' || geiq_id || '.example' as email,
    0 as repeat,
from listed
union all
-- Later rows of a SIRET, with another postcode, do not count.
select
    year,
    geiq_id,
    name || ' (antenne)',
    null,
    '75001',
    'PARIS',
    siret,
    null,
    1,
from listed
where geiq_id % 7 = 3
union all
select
    year,
    900,
    'GEIQ en cours de labellisation',
    null,
    postcode,
    upper(commune_name),
    null,
    null,
    2,
from listed
where geiq_id = 2;

create or replace view geiq_list_rows as
select
    year,
    name as "Nom",
    street as "Rue",
    if(geiq_id % 8 = 1, 'ZONE ARTISANALE', null) as "Rue (suite)",
    postcode as "Code Postal",
    town as "Ville",
    siret_number as "SIRET",
    email as "e-mail",
from geiq_lists
order by year, repeat, geiq_id;
