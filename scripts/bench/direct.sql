-- Stock, flows, people of a year, structures and declarations from the temporary tables that
-- direct.py fills. Each statement ends its line with a semicolon. The months of a person or a
-- structure are one string of bits, January 2017 first.

-- == Readings ====================================================================================

create temp macro moment(written) as
    case
        when regexp_full_match(written, '[0-9]{2}/[0-9]{2}/[0-9]{4}')
            then try_strptime(written, '%d/%m/%Y')
        when regexp_full_match(written, '[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}')
            then try_strptime(written, '%d/%m/%Y %H:%M:%S')
    end;

-- A month as a number: 0 is January 2017.
create temp macro month_number(moment) as 12 * (year(moment) - 2017) + month(moment) - 1;

-- The last month whose last day is not after a date; an empty date is open.
create temp macro last_month_until(day, covered) as
    least(coalesce(month_number(day) - (day < last_day(day))::integer, covered), covered);

-- A whole number to sort by; other text is the lowest.
create temp macro rank_of(written) as
    try_cast(regexp_extract(written, '^-?[0-9]{1,38}$') as hugeint);

-- The first 13 characters of a usable social security number.
create temp macro usable_nir(written) as
    case
        when
            regexp_full_match(
                upper(replace(written, ' ', '')),
                '[123478][0-9]{4}([0-9]{2}|2[AB])[0-9]{6}([0-9]{2})?'
            )
            and replace(left(replace(written, ' ', ''), 13), left(ltrim(written), 1), '') <> ''
            and substr(replace(written, ' ', ''), 11, 3) <> '000'
            then left(upper(replace(written, ' ', '')), 13)
    end;

create temp macro whole_siret(written) as
    case
        when regexp_full_match(regexp_replace(written, '[\s\pZ]', '', 'g'), '[0-9]{12,14}')
            then lpad(regexp_replace(written, '[\s\pZ]', '', 'g'), 14, '0')
    end;

-- Every way to write a department code, one row each.
create temp table department_codes as
with written as (
    select
        unnest([department_code, ltrim(department_code, '0'), lpad(department_code, 3, '0')])
            as code,
        department_code
    from departments
    union
    select alias_code, department_code from department_code_aliases
)

select concat(prefix, code) as code, department_code
from written
cross join (select unnest(['', 'D', 'FR-']) as prefix);

create temp macro department_of_code(written) as (
    select department_code from department_codes where department_codes.code = upper(written)
);

create temp macro whole_commune(written) as
    if(regexp_full_match(written, '[0-9]{4}'), '0' || written, upper(written));

create temp macro department_of_commune(written) as (
    select department_code from departments
    where
        length(whole_commune(written)) = 5
        and department_code
        = left(whole_commune(written), if(left(whole_commune(written), 2) in ('97', '98'), 3, 2))
);

create temp table main_postcodes as from postcode_departments where is_majority::boolean;

create temp macro department_of_postcode(written) as (
    select
        coalesce(
            (select department_code from main_postcodes where postcode = padded),
            (
                select department_code from departments
                where
                    department_code = case
                        when left(padded, 2) in ('97', '98') then left(padded, 3)
                        when left(padded, 3) in ('200', '201', '207') then '2A'
                        when left(padded, 3) in ('202', '204', '206') then '2B'
                        else left(padded, 2)
                    end
            )
        )
    from (select lpad(written, 5, '0') as padded)
    where regexp_full_match(written, '[0-9]{4,5}')
);

-- == Covered months ==============================================================================

create temp table coverage as
select
    structure_type,
    stock_rule,
    month_number(first_month::date) as first_month,
    case
        when structure_type in (select asp_measures.structure_type from asp_measures)
            then getvariable('asp_last_month')
        when structure_type = 'GEIQ' then getvariable('geiq_last_month')
        else getvariable('iti_last_month')
    end as last_month,
    provisional_months::integer as provisional_months
from structure_types
where month_number(first_month::date) <= last_month;

set variable nb_months = (select coalesce(max(last_month), 0)::integer + 1 from coverage);

create temp table months as
select *, last_month - month < provisional_months as is_provisional
from (select *, unnest(range(first_month, last_month + 1)) as month from coverage);

create temp macro months_of(first_month, last_month) as
    xor(
        ~bitstring('0', getvariable('nb_months')) >> first_month::integer,
        ~bitstring('0', getvariable('nb_months')) >> (last_month::integer + 1)
    );

create temp macro months_seen(month) as
    bitstring_agg(month::integer, 0, getvariable('nb_months') - 1);

-- == The ASP extranet: persons, places, measures ==================================================

-- One number a person: of the social security number where one row has a usable one, else of the
-- source's own id; a row without either is someone of its own. (A 64-bit hash: among 4 million
-- persons two meet once in a million runs.)
create temp table identified as
select salarie_id as pph_id, arg_max(nir, (coalesce(modified, '-infinity'), line)) as nir
from (
    select
        salarie_id,
        usable_nir(salarie_nir) as nir,
        moment(salarie_date_modification) as modified,
        rowid as line,
    from salarie
    where salarie_id is not null
)
where nir is not null
group by all;

create temp macro person_number(nir, own_id, row_name) as
    hash(coalesce(nir, 'pph:' || own_id, row_name));

-- The most recent annex of a structure, whatever its state, names a department.
create temp table places as
with structures as (
    select *
    from structure
    where structure_id_siae is not null
    qualify
        row_number() over (
            partition by structure_id_siae
            order by moment(structure_date_modification) desc nulls last, rowid desc
        ) = 1
),

annexes as (
    select af_id_structure, af_numero_annexe_financiere
    from annexefinanciere
    where af_id_structure is not null
    qualify
        row_number() over (
            partition by af_id_structure
            order by
                moment(af_date_debut_effet) desc nulls last,
                rank_of(af_id_annexe_financiere) desc nulls last,
                rowid desc
        ) = 1
)

select
    coalesce(structure_id_siae, af_id_structure) as structure_id,
    coalesce(
        department_of_commune(structure_adresse_admin_code_insee),
        department_of_postcode(structure_adresse_admin_cp),
        department_of_commune(structure_adresse_gestion_code_insee),
        department_of_postcode(structure_adresse_gestion_cp),
        department_of_code(
            regexp_extract(
                upper(af_numero_annexe_financiere), '^[A-Z]+([0-9][0-9A-Z]{2})[0-9]{2}', 1
            )
        ),
        'NL'
    ) as department_code
from structures
full join annexes on structure_id_siae = af_id_structure;

create temp table contracts as
with kept as (
    select *, rowid as line
    from contratmission
    qualify
        contrat_id_ctr is null
        or row_number() over (
            partition by contrat_id_ctr
            order by moment(contrat_date_modification) desc nulls last, rowid desc
        ) = 1
)

select
    contrat_id_ctr as contract_id,
    contrat_id_pph as pph_id,
    contrat_id_structure as structure_id,
    contrat_mesure_disp_code as measure,
    moment(contrat_date_embauche)::date as start_date,
    coalesce(contrat_date_sortie_definitive, contrat_date_fin_contrat) as written_end,
    moment(written_end)::date as end_date,
    line
from kept;

-- == Present on the last day of the month =========================================================

create temp table periods as
select *
from (
    select
        structure_type,
        coalesce(department_code, 'NL') as department_code,
        structure_id,
        person_number(nir, contracts.pph_id, concat('contract ', contracts.line)) as person,
        greatest(month_number(start_date), first_month) as first_month,
        last_month_until(end_date, last_month) as last_month
    from contracts
    inner join asp_measures on measure = measure_code
    inner join coverage using (structure_type)
    left join places using (structure_id)
    left join identified using (pph_id)
    where
        stock_rule = 'present_last_day'
        and start_date is not null
        and (written_end is null or end_date >= start_date)
)
where first_month <= last_month;

-- == Worked in the month ==========================================================================

create temp table repeated_states as
with repeated as (
    select emi_dsm_id
    from etatmensuelindiv
    group by all
    having count(*) > 1 and emi_dsm_id is not null
)

select rowid as line
from etatmensuelindiv
where emi_dsm_id in (from repeated)
qualify
    row_number() over (
        partition by emi_dsm_id
        order by moment(emi_date_modification) desc nulls last, rowid desc
    ) > 1;

create temp table annexes as
select
    af_id_annexe_financiere as annex_id,
    af_id_structure as structure_id,
    af_mesure_dispositif_code as measure,
    moment(af_date_debut_effet)::date as start_date,
    moment(af_date_fin_effet)::date as end_date,
    coalesce(
        af_etat_annexe_financiere_code in ('VALIDE', 'PROVISOIRE', 'CLOTURE'), false
    ) as is_accepted
from annexefinanciere
qualify
    annex_id is null
    or row_number() over (
        partition by annex_id
        order by
            is_accepted desc,
            rank_of(af_numero_avenant_renouvellement) desc nulls last,
            rank_of(af_numero_avenant_modification) desc nulls last,
            rowid desc
    ) = 1;

create temp table states as
with accepted as (
    select
        emi_afi_id as annex_id,
        emi_ctr_id as contract_id,
        emi_pph_id as pph_id,
        rowid as line,
        12 * (try_cast(emi_sme_annee as bigint) - 2017) + try_cast(emi_sme_mois as bigint) - 1
            as month,
        if(
            regexp_full_match(emi_nb_heures_travail, '-?([0-9]+[.]?[0-9]*|[.][0-9]+)'),
            emi_nb_heures_travail::double,
            0
        ) as hours
    from etatmensuelindiv
    where
        rowid not in (from repeated_states)
        and emi_esm_etat_code in ('VALIDE', 'SAISI', 'DEBLOQUE')
        and regexp_full_match(emi_sme_mois, '[0-9]+')
        and regexp_full_match(emi_sme_annee, '[0-9]+')
        and try_cast(emi_sme_mois as bigint) between 1 and 12
        and try_cast(emi_sme_annee as bigint) between 2017 and 9999
),

with_annex as (
    select
        month,
        line,
        pph_id,
        hours,
        measure,
        structure_id,
        coalesce(is_accepted, true) as is_accepted,
        -- Only where the annex is missing does the contract speak.
        if(annexes.annex_id is null, contract_id, null) as contract_id
    from accepted
    left join annexes using (annex_id)
    where month <= getvariable('asp_last_month')
),

attached as (
    select
        month,
        with_annex.line,
        with_annex.pph_id,
        hours,
        is_accepted,
        coalesce(with_annex.measure, contracts.measure) as measure,
        coalesce(with_annex.structure_id, contracts.structure_id) as structure_id
    from with_annex
    left join contracts using (contract_id)
)

select
    structure_type,
    coalesce(department_code, 'NL') as department_code,
    structure_id,
    person_number(nir, attached.pph_id, concat('state ', line)) as person,
    month::integer as month,
    hours,
    is_accepted and stock_rule = 'worked_in_month' as is_counted
from attached
inner join asp_measures on measure = measure_code
inner join coverage using (structure_type)
left join places using (structure_id)
left join identified using (pph_id);

drop table etatmensuelindiv;

create temp table declared as
select structure_type, structure_id, months_seen(month) as months
from states
where structure_id is not null
group by all;

delete from states where not is_counted;

-- Those with a row under one hour may be under it in all. Sums of doubles: ten times 0.1 hours are
-- one hour.
delete from states
using (
    select structure_type, department_code, person, month
    from states
    semi join (from states where hours < 1) as small
        using (structure_type, department_code, person, month)
    group by all
    having round(sum(hours), 9) < 1
) as under_one_hour
where
    states.structure_type = under_one_hour.structure_type
    and states.department_code = under_one_hour.department_code
    and states.person = under_one_hour.person
    and states.month = under_one_hour.month;

-- == GEIQ: two sources of contracts, and the employers on the list of each year ==================

create temp table geiq_contracts as
with contracts as (
    select
        'extrapro' as source,
        num_contrat as contract_id,
        num_avenant as amendment,
        whole_siret(siret_employeur) as siret,
        code_commune_insee as commune_code,
        code_postal as postcode,
        null as department_code,
        date_debut as written_start,
        date_fin as written_end,
        usable_nir(nir) as nir,
        rowid as line
    from contrats_pro
    union all
    select
        'asp_contrats_aides',
        num_convention,
        num_avenant,
        whole_siret(siret_employeur),
        null,
        code_postal,
        code_departement,
        date_embauche,
        coalesce(date_rupture, date_fin_prevue),
        usable_nir(nir),
        rowid
    from contrats_aides
)

select
    *,
    moment(written_start)::date as start_date,
    moment(written_end)::date as end_date
from contracts
qualify
    contract_id is null
    or row_number() over (
        partition by source, contract_id
        order by rank_of(amendment) desc nulls last, line desc
    ) = 1;

create temp table geiq_months as
with lists as (
    select year, whole_siret(siret) as siret, code_postal as postcode
    from geiq
    where whole_siret(siret) is not null
    qualify row_number() over (partition by year, whole_siret(siret) order by line) = 1
),

years as (
    select
        listed.year as month_year,
        coalesce(
            max(geiq.year) filter (where geiq.year <= listed.year),
            min(geiq.year) filter (where geiq.year > listed.year)
        ) as list_year
    from (
        select distinct 2017 + month // 12 as year from months where structure_type = 'GEIQ'
    ) as listed
    cross join geiq
    group by all
),

latest as (
    select * from lists qualify row_number() over (partition by siret order by year desc) = 1
),

dated as (
    select
        geiq_contracts.siret,
        -- A contract without number or person is someone of its own.
        hash(
            coalesce(nir, concat(source, ':', coalesce(contract_id, concat('line ', line))))
        ) as person,
        coalesce(
            department_of_commune(commune_code),
            department_of_postcode(geiq_contracts.postcode),
            department_of_code(department_code),
            department_of_postcode(latest.postcode),
            'NL'
        ) as located_code,
        unnest(
            range(
                greatest(month_number(start_date), first_month),
                last_month_until(end_date, last_month) + 1
            )
        ) as month
    from geiq_contracts
    inner join latest using (siret)
    inner join coverage on structure_type = 'GEIQ'
    where start_date is not null and (written_end is null or end_date >= start_date)
)

select 'GEIQ' as structure_type, located_code as department_code, dated.siret, person, month
from dated
inner join years on 2017 + month // 12 = month_year
inner join lists on list_year = lists.year and dated.siret = lists.siret;

-- == Months of each person and structure ==========================================================

create temp table people as
select structure_type, department_code, person, bit_or(months_of(first_month, last_month)) as months
from periods
group by all
union all
select structure_type, department_code, person, months_seen(month) from states group by all
union all
select structure_type, department_code, person, months_seen(month) from geiq_months group by all;

create temp table structures as
with expected as (
    select
        structure_type,
        department_code,
        structure_id,
        bit_or(
            months_of(
                greatest(month_number(start_date), first_month),
                last_month_until(end_date, last_month)
            )
        ) as months
    from annexes
    inner join asp_measures on measure = measure_code
    inner join coverage using (structure_type)
    inner join places using (structure_id)
    where
        is_accepted
        and greatest(month_number(start_date), first_month)
        <= last_month_until(end_date, last_month)
    group by all
)

select
    'counted' as what,
    structure_type,
    department_code,
    structure_id,
    bit_or(months_of(first_month, last_month)) as months
from periods
where structure_id is not null
group by all
union all
select 'counted', structure_type, department_code, structure_id, months_seen(month)
from states
where structure_id is not null
group by all
union all
select 'counted', structure_type, department_code, siret, months_seen(month)
from geiq_months
group by all
union all
select 'expected', expected.* from expected
union all
select
    'declared',
    structure_type,
    department_code,
    structure_id,
    expected.months & declared.months
from expected
inner join declared using (structure_type, structure_id);

-- == Cells =======================================================================================

create temp table territories as
select
    unnest(['D' || department_code, 'R' || region_code, 'FR']) as territory_id, department_code
from departments
where is_covered
union all
select unnest(['NL', 'FR']), 'NL';

create temp table cells as
-- People who have the same months move together.
with together as (
    select
        structure_type,
        department_code,
        months,
        count(*) as nb,
        months >> 1 as after_1,
        after_1 | (after_1 >> 1) as after_2,
        after_2 | (after_2 >> 2) as after_4,
        after_4 | (after_4 >> 4) as after_8,
        after_8 | (after_8 >> 4) as after_12,
        months & ~after_1 as entered,
        after_1 & ~months as left_since,
        entered & after_12 as returned
    from people
    group by structure_type, department_code, months
),

counted as (
    select
        structure_type,
        department_code,
        month,
        sum(nb * get_bit(months, month::integer)) as stock,
        sum(nb * get_bit(entered, month::integer)) as entries,
        sum(nb * get_bit(left_since, month::integer)) as exits,
        sum(nb * get_bit(returned, month::integer)) as returns
    from together
    inner join months using (structure_type)
    where get_bit(together.months | left_since, month::integer) = 1
    group by all
    union all by name
    -- Entries of a month and of the eleven before make the stock of ITI; then they leave.
    select
        'ITI' as structure_type,
        department_code,
        iti.month + age as month,
        sum(entries) filter (where age < 12) as stock,
        sum(entries) filter (where age = 0) as entries,
        sum(entries) filter (where age = 12) as exits
    from iti
    inner join coverage on structure_type = 'ITI' and month >= first_month
    cross join (select unnest(range(13)) as age)
    group by all
    union all by name
    select
        structure_type,
        department_code,
        month,
        count(*) filter (where what = 'counted') as nb_structures,
        count(*) filter (where what = 'expected') as nb_expected,
        count(*) filter (where what = 'declared') as nb_declared
    from structures
    inner join months using (structure_type)
    where get_bit(structures.months, month::integer) = 1
    group by all
)

select
    make_date(2017 + month // 12, month % 12 + 1, 1) as month,
    territory_id,
    structure_type,
    coalesce(sum(stock), 0)::bigint as stock,
    if(month > first_month, coalesce(sum(entries), 0), null)::bigint as entries,
    if(month > first_month, coalesce(sum(exits), 0), null)::bigint as exits,
    if(
        month >= first_month + 12 and stock_rule <> 'entered_recently',
        coalesce(sum(returns), 0),
        null
    )::bigint as returns,
    coalesce(sum(nb_structures), 0)::bigint as nb_structures,
    coalesce(sum(nb_expected), 0)::bigint as nb_expected,
    coalesce(sum(nb_declared), 0)::bigint as nb_declared,
    is_provisional
from months
cross join territories
left join counted using (structure_type, department_code, month)
group by months.month, territory_id, structure_type, stock_rule, first_month, is_provisional;

create temp table component_years as
with components as (
    select structure_type as component, structure_type
    from coverage
    where stock_rule <> 'entered_recently'
    union all
    select scope, structure_type from composite_scopes where scope = 'constant'
),

-- A component covers a month when all of its types do.
covered as (
    select component, month, bool_or(is_provisional) as is_provisional
    from (select *, count(*) over (partition by component) as nb_types from components)
    inner join months using (structure_type)
    group by component, month, nb_types
    having count(*) = nb_types
)

select
    component,
    structure_type,
    (2017 + month // 12)::integer as year,
    count(*) as nb_months,
    bool_or(is_provisional) as is_provisional,
    months_seen(month) as months
from covered
inner join components using (component)
group by all;

-- Only those who are in several places can be counted twice. The others are counted together.
create temp table people_of_years as
with repeated as (
    select person from people group by all having count(*) > 1
),

together as (
    select structure_type, department_code, months, count(*) as nb
    from people
    anti join repeated using (person)
    group by all
)

select component, year, territory_id, sum(nb) as nb_people
from together
inner join component_years using (structure_type)
inner join territories using (department_code)
where bit_count(together.months & component_years.months) > 0
group by all
union all
select component, year, territory_id, count(distinct person)
from people
semi join repeated using (person)
inner join component_years using (structure_type)
inner join territories using (department_code)
where bit_count(people.months & component_years.months) > 0
group by all;

-- == Results, by the names of the project's tables =================================================

create temp view fct_stock_by_structure_type as
select month, territory_id, structure_type, stock, is_provisional from cells;

create temp view fct_flows_by_structure_type as
select month, territory_id, structure_type, entries, exits, returns, is_provisional from cells;

create temp view fct_structures_by_structure_type as
select month, territory_id, structure_type, nb_structures
from cells
where structure_type <> 'ITI';

create temp view fct_declarations as
select
    month,
    territory_id,
    structure_type,
    nb_expected,
    nb_declared,
    nb_declared / nullif(nb_expected, 0) as declaration_rate
from cells
where structure_type in (select asp_measures.structure_type from asp_measures);

create temp view fct_people_by_year as
select
    year,
    territory_id,
    component,
    coalesce(sum(nb_people), 0)::bigint as nb_people,
    nb_months,
    is_provisional
from (select distinct component, year, nb_months, is_provisional from component_years)
cross join (select distinct territory_id from territories)
left join people_of_years using (component, year, territory_id)
group by all;
