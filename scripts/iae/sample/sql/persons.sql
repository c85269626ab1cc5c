-- People, all invented. No name here is one that people bear, so that a search for them in the
-- warehouse finds only a leak.
create table persons as
with stays as (
    select
        person_id,
        any_value(identity_id) as identity_id,
        any_value(place_id) as place_id,
        min(start_month) as first_month,
        max(end_month) as next_month,
        min(start_date) as first_start_date,
        min(creation_date) as creation_date,
    from contracts
    group by person_id
),

ranked as (
    select
        stays.*,
        places.structure_type = 'ACI' as is_in_aci,
        places.department_code,
        row_number() over (
            partition by is_in_aci, department_code, next_month order by person_id
        ) as rank_of_leavers,
        row_number() over (
            partition by is_in_aci, department_code, first_month order by person_id
        ) as rank_of_newcomers,
    from stays
    inner join places using (place_id)
    where stays.person_id = stays.identity_id and draw('moves', stays.person_id) < 0.5
),

-- Some who leave an ACI go on in another type, in the same department: another id, the same person.
moves as (
    select newcomers.person_id, leavers.person_id as identity_id,
    from ranked as newcomers
    inner join ranked as leavers
        on newcomers.department_code = leavers.department_code
        and newcomers.first_month = leavers.next_month
        and newcomers.rank_of_newcomers = leavers.rank_of_leavers
    where not newcomers.is_in_aci and leavers.is_in_aci
)

select
    stays.person_id,
    coalesce(moves.identity_id, stays.identity_id) as identity_id,
    stays.first_start_date,
    stays.creation_date,
from stays
left join moves on stays.identity_id = moves.person_id
order by person_id;

create view identified_persons as
select
    person_id,
    identity_id,
    first_start_date,
    draw('nir', person_id) as nir_draw,
    draw('person_date', person_id) as date_draw,
    -- Two people with the same last six digits differ in their year and month of birth.
    (identity_id // 1000000 + (hash(identity_id % 1000000) % 480)::bigint) % 480 as birth_no,
    draw('birthplace', identity_id) as birthplace_draw,
    draw('sex', identity_id) as sex_draw,
    lpad((identity_id % 1000000)::varchar, 6, '0') as order_digits,
    (hash('name', identity_id, getvariable('seed')) >> 1)::bigint as name_hash,
from persons
where creation_date <= getvariable('extract_date');

create view nirs as
with parts as (
    select
        *,
        case when sex_draw < 0.52 then '1' when sex_draw < 0.97 then '2'
            else ['3', '4', '7', '8'][1 + identity_id % 4]
        end as sex_digit,
        (60 + birth_no // 12)::varchar as birth_year,
        lpad((birth_no % 12 + 1)::varchar, 2, '0') as birth_month,
        case
            when birthplace_draw < 0.006 then '2A'
            when birthplace_draw < 0.012 then '2B'
            when birthplace_draw < 0.15 then '99'
            else lpad((1 + floor(birthplace_draw * 100)::integer % 95)::varchar, 2, '0')
        end as birth_department,
    from identified_persons
),

numbered as (
    select
        *,
        sex_digit || birth_year || birth_month || birth_department || order_digits as number_13,
    from parts
)

select
    *,
    lpad(
        (
            97 - replace(replace(number_13, '2A', '19'), '2B', '18')::bigint % 97
        )::varchar,
        2,
        '0'
    ) as control_key,
from numbered;

create view drop_salarie as
with delivered as (
    select
        *,
        case
            when nir_draw < 0.30 then number_13
            when nir_draw < 0.88 then number_13 || control_key
            when nir_draw < 0.93 then sex_digit || ' ' || birth_year || ' ' || birth_month || ' '
                || birth_department || ' ' || order_digits[1:3] || ' ' || order_digits[4:6] || ' '
                || control_key
            when nir_draw < 0.96 then lower(number_13)
            -- A wrong key is tolerated.
            when nir_draw < 0.97 then number_13 || '00'
            -- The others are not usable: the person's own id is the key.
            when nir_draw < 0.975 then null
            when nir_draw < 0.98 then '1111111111111'
            when nir_draw < 0.985 then 'EN COURS'
            when nir_draw < 0.99 then number_13[1:12]
            when nir_draw < 0.995 then '9' || number_13[2:13]
            else '99999999999999'
        end as nir,
        first_start_date + floor(date_draw * 20)::integer as modification_date,
    from nirs
    -- A few contracts have a person without any row.
    where date_draw < 0.997
),

-- Several rows: the NIR of the latest one that has a usable one holds.
versions as (
    select *, 0 as version,
    from delivered
    union all
    select
        * replace (
            '1' || number_13[2:7] || reverse(order_digits) as nir,
            modification_date - 200 as modification_date
        ),
        1 as version,
    from delivered
    where nir_draw >= 0.10 and nir_draw < 0.13
    union all
    select
        * replace ('INCONNU' as nir, modification_date + 5 as modification_date),
        2 as version,
    from delivered
    where nir_draw >= 0.13 and nir_draw < 0.15
)

select
    person_id as salarie_id,
    if(sex_digit in ('1', '3', '7'), 'M.', 'MME') as salarie_rci_libelle,
    [
        'ZORVELLIN', 'QUIBRONARD', 'XAVRETTE', 'PLOUZANKOFF', 'GRANDVYLLE', 'TROUBIGNAC',
        'OSKREVIN', 'MIRZANDEL', 'FOLKANDOUR', 'BELVYRAC', 'DRUZEMONT', 'KERVOZANT',
        'YSTREBAL', 'NOXVILLARD', 'HUBREZAC', 'CAZVOLIN'
    ][1 + name_hash % 16]
    || ['', '-TESTARD', '-FICTIVAL', '-EXEMPLIER'][1 + name_hash // 16 % 4] as salarie_nom_usage,
    if(
        person_id % 211 = 17,
        'D"ORZEVANT',
        ['ZORVELLIN', 'QUIBRONARD', 'XAVRETTE', 'PLOUZANKOFF'][1 + name_hash // 64 % 4]
    ) as salarie_nom_naissance,
    [
        'Aurzelle', 'Bremond-Yx', 'Cyprizel', 'Drizelda', 'Elzébior', 'Fulvyane', 'Gwendrix',
        'Hyzoline'
    ][1 + name_hash // 256 % 8] as salarie_prenom,
    lpad((1 + name_hash % 28)::varchar, 2, '0') || '/' || birth_month || '/19' || birth_year
        as salarie_date_naissance,
    '19' || birth_year as salarie_annee_naissance,
    name_hash % 90 + 1 as salarie_adr_numero_voie,
    'RUE DE L''INVENTION ' || name_hash % 97 as salarie_adr_libelle_voie,
    '0' || birth_department || '00' as salarie_codepostalcedex,
    -- Few records, and all early in the file, have a line break in a field.
    if(person_id % 40 = 9 and person_id < 3000, 'VILLE' || chr(11) || 'FICTIVE', 'VILLE FICTIVE')
        as salarie_commune,
    '0699' || order_digits as salarie_telephone,
    nir as salarie_nir,
    '999992' || order_digits as salarie_agrement,
    french_date(first_start_date - 1) as salarie_date_creation,
    french_date(modification_date)
    || if(person_id % 3 = 0, ' ' || lpad((person_id % 24)::varchar, 2, '0') || ':15:00', '')
        as salarie_date_modification,
from versions;
