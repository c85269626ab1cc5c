-- Cells of fct_stock_by_structure_type from the temporary tables that direct.py fills. Statements
-- are separated by a blank line and a semicolon; section numbers follow indicator.md's order.

-- == Readings ====================================================================================

create temp macro moment(written) as
    case
        when regexp_full_match(written, '[0-9]{2}/[0-9]{2}/[0-9]{4}')
            then try_strptime(written, '%d/%m/%Y')
        when regexp_full_match(written, '[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}')
            then try_strptime(written, '%d/%m/%Y %H:%M:%S')
    end;

-- A month as a number: 12 × year + month − 1.
create temp macro month_number(moment) as 12 * year(moment) + month(moment) - 1;

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
    select department_code as code, department_code from departments
    union
    select ltrim(department_code, '0'), department_code from departments
    union
    select lpad(department_code, 3, '0'), department_code from departments
    union
    select alias_code, department_code from department_code_aliases
)

select concat(prefix, code) as code, department_code
from written
cross join (select unnest(['', 'D', 'FR-']) as prefix);

create temp macro department_of_code(written) as (
    select department_code from department_codes where department_codes.code = upper(written)
);

create temp macro department_of_commune(written) as (
    select department_code from departments
    where
        department_code = (
            select left(padded, if(left(padded, 2) in ('97', '98'), 3, 2))
            from (
                select
                    if(
                        regexp_full_match(written, '[0-9]{4}'), '0' || written, upper(written)
                    ) as padded
            )
            where length(padded) = 5
        )
);

create temp macro department_of_postcode(written) as (
    select
        coalesce(
            (select department_code from postcodes where postcodes.postcode = padded),
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

create temp macro person_number(nir, own_id, line) as
    hash(coalesce(nir, 'pph:' || own_id, concat('line ', line)));

create temp table measures as
from (
    values
        ('ACI_DC', 'ACI'), ('ACI_MP', 'ACI'), ('EI_DC', 'EI'), ('EI_MP', 'EI'), ('AI_DC', 'AI'),
        ('ETTI_DC', 'ETTI'), ('EITI_DC', 'EITI')
) as listed (measure, structure_type);

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

-- == Present on the last day of the month: ACI, EI, EITI =========================================

create temp table contract_presences as
with dated as (
    select
        structure_type,
        coalesce(department_code, 'NL') as department_code,
        person_number(nir, contracts.pph_id, contracts.line) as person,
        greatest(
            month_number(start_date),
            case structure_type when 'EITI' then 12 * 2019 + 11 else 12 * 2017 end
        ) as first_month,
        -- Until the month before the one of its end, or that one when it ends on its last day.
        least(
            coalesce(
                month_number(end_date) - (end_date < last_day(end_date))::integer,
                getvariable('asp_last_month')
            ),
            getvariable('asp_last_month')
        ) as last_month
    from contracts
    inner join measures using (measure)
    left join places using (structure_id)
    left join identified using (pph_id)
    where
        structure_type in ('ACI', 'EI', 'EITI')
        and start_date is not null
        and (written_end is null or end_date >= start_date)
)

select distinct
    structure_type,
    department_code,
    person,
    unnest(range(first_month, last_month + 1)) as month
from dated
where first_month <= last_month;

-- == Worked in the month: AI, ETTI ===============================================================

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
    coalesce(
        af_etat_annexe_financiere_code in ('VALIDE', 'PROVISOIRE', 'CLOTURE'), false
    ) as is_accepted
from annexefinanciere
where annex_id is not null
qualify
    row_number() over (
        partition by annex_id
        order by
            is_accepted desc,
            rank_of(af_numero_avenant_renouvellement) desc nulls last,
            rank_of(af_numero_avenant_modification) desc nulls last,
            rowid desc
    ) = 1;

create temp table work_presences as
with states as (
    select
        emi_afi_id as annex_id,
        emi_ctr_id as contract_id,
        emi_pph_id as pph_id,
        rowid as line,
        12 * try_cast(emi_sme_annee as bigint) + try_cast(emi_sme_mois as bigint) - 1 as month,
        if(
            regexp_full_match(emi_nb_heures_travail, '[0-9]+[.]?[0-9]*|[.][0-9]+'),
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
        is_accepted,
        -- Only where the annex is missing does the contract speak.
        if(annexes.annex_id is null, contract_id, null) as contract_id
    from states
    left join annexes using (annex_id)
    where month <= getvariable('asp_last_month') and coalesce(is_accepted, true)
),

attached as (
    select
        month,
        with_annex.line,
        with_annex.pph_id,
        hours,
        coalesce(with_annex.measure, contracts.measure) as measure,
        if(is_accepted, with_annex.structure_id, contracts.structure_id) as structure_id
    from with_annex
    left join contracts using (contract_id)
),

select
    structure_type,
    coalesce(department_code, 'NL') as department_code,
    person_number(nir, attached.pph_id, line) as person,
    month
from attached
inner join measures using (measure)
left join places using (structure_id)
left join identified using (pph_id)
where structure_type in ('AI', 'ETTI')
group by all
-- Sums of doubles: ten times 0.1 hours are one hour.
having round(sum(hours), 9) >= 1;

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

create temp table geiq_presences as
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
    from (select unnest(range(2021, getvariable('geiq_last_month') // 12 + 1)) as year) as listed
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
                greatest(month_number(start_date), 12 * 2021),
                least(
                    coalesce(
                        month_number(end_date) - (end_date < last_day(end_date))::integer,
                        getvariable('geiq_last_month')
                    ),
                    getvariable('geiq_last_month')
                ) + 1
            )
        ) as month
    from geiq_contracts
    inner join latest using (siret)
    where start_date is not null and (written_end is null or end_date >= start_date)
)

select distinct 'GEIQ' as structure_type, located_code as department_code, person, month
from dated
inner join years on month // 12 = month_year
inner join lists on list_year = lists.year and dated.siret = lists.siret;

-- == Cells =======================================================================================

create temp table coverage as
select *
from (
    values
        ('ACI', 12 * 2017, getvariable('asp_last_month'), 6),
        ('EI', 12 * 2017, getvariable('asp_last_month'), 6),
        ('AI', 12 * 2017, getvariable('asp_last_month'), 7),
        ('ETTI', 12 * 2017, getvariable('asp_last_month'), 7),
        ('EITI', 12 * 2019 + 11, getvariable('asp_last_month'), 6),
        ('GEIQ', 12 * 2021, getvariable('geiq_last_month'), 12),
        ('ITI', 12 * 2021, getvariable('iti_last_month'), 3)
) as listed (structure_type, first_month, last_month, provisional_months);

create temp table cells as
with counted as (
    select structure_type, department_code, month, count(*) as stock
    from (
        from contract_presences
        union all by name
        from work_presences
        union all by name
        from geiq_presences
    )
    group by all
    union all by name
    -- Entries of a month and of the eleven before make the stock of ITI.
    select 'ITI' as structure_type, department_code, month + age as month, sum(entries) as stock
    from iti
    cross join (select unnest(range(12)) as age)
    where month >= 12 * 2021
    group by all
),

territories as (
    select 'D' || department_code as territory_id, department_code from departments where is_covered
    union all
    select 'NL', 'NL'
    union all
    select 'R' || region_code, department_code from departments where is_covered
    union all
    select 'FR', department_code from departments where is_covered
    union all
    select 'FR', 'NL'
),

months as (
    select *, unnest(range(first_month, last_month + 1)) as month
    from coverage
)

select
    make_date(month // 12, month % 12 + 1, 1) as month,
    territory_id,
    structure_type,
    coalesce(sum(stock), 0)::bigint as stock,
    any_value(last_month) - month < any_value(provisional_months) as is_provisional
from months
cross join territories
left join counted using (structure_type, department_code, month)
group by months.month, territory_id, structure_type
order by all;
