-- Where the ASP says that each structure is, in all the ways it says so.
create or replace table located_places as
with identified as (
    select
        places.*,
        types.measure_code,
        types.type_no,
        -- One structure id, and one SIRET, can hold an ACI and an EI or ETTI.
        1000 + if(
            places.structure_type in ('EI', 'ETTI') and draw('shared', places.place_id) < 0.15,
            coalesce(neighbours.place_id, places.place_id),
            places.place_id
        ) as structure_id,
    from places
    inner join types using (structure_type)
    left join (
        select department_code, min(place_id) as place_id
        from places
        where structure_type = 'ACI'
        group by all
    ) as neighbours using (department_code)
)

select
    identified.*
    replace (
        -- Prisons have their own measure.
        if(
            structure_type in ('ACI', 'EI') and draw('prison', place_id) < 0.04,
            replace(measure_code, '_DC', '_MP'),
            measure_code
        ) as measure_code
    ),
    departments.commune_code,
    departments.commune_name,
    departments.postcode,
    case
        when identified.area = 'NL' then 'nowhere'
        when identified.area = 'COM' then 'postcode'
        when identified.area = '06' then 'complete'
        when location_draw < 0.60 then 'complete'
        when location_draw < 0.66 then 'lost_zero_commune'
        when location_draw < 0.70 then 'lost_zero_postcode'
        when location_draw < 0.75 then 'cedex'
        when location_draw < 0.80 then 'foreign_admin_address'
        when location_draw < 0.84 then 'management_postcode'
        when location_draw < 0.86 then 'unusable_admin_address'
        when location_draw < 0.92 then 'annex_number'
        when location_draw < 0.95 then 'no_structure_row'
        else 'complete'
    end as location_kind,
    case
        when identified.area = 'NL' then ['000', '999', '020', '099'][1 + place_id % 4]
        when department_code = '59' then if(place_id % 2 = 0, '59L', '59V')
        else lpad(department_code, 3, '0')
    end as annex_department,
from identified
left join departments using (department_code)
order by place_id;

create or replace table structure_rows as
with located as (
    select
        *,
        lpad(((900000000 + structure_id * 7919) % 1000000000)::varchar, 9, '0')
        || lpad((structure_id % 90 + 10)::varchar, 5, '0') as siret,
        -- Vieux-Fort (97133, in 971) against the postcode 97133 (Saint-Barthélemy).
        case
            when department_code = '971' and location_draw < 0.3 then '97133'
            else commune_code
        end as insee_code,
        case
            when department_code = '2A' then '20189'
            when department_code = '2B' then '20289'
            when length(department_code) = 3 then department_code || '59'
            else department_code || '9' || lpad((11 + place_id % 80)::varchar, 2, '0')
        end as cedex_postcode,
        date '2008-01-01' + floor(draw('creation', place_id) * 3000)::integer as creation_date,
        least(
            getvariable('extract_date'),
            date '2016-06-01' + floor(draw('modification', place_id) * 2400)::integer
        ) as modification_date,
    from located_places
    where structure_id = 1000 + place_id and location_kind != 'no_structure_row'
),

described as (
    select
        place_id,
        0 as version,
        structure_id,
        siret,
        case
            when place_id % 53 = 7 then 'ASSOCIATION "L''ETAPE SYNTHETIQUE ' || place_id
            when place_id % 61 = 9 then 'LE RELAIS' || chr(11) || 'SYNTHETIQUE ' || place_id
            when place_id % 17 = 3 then 'Régie de quartier « fictive » n°' || place_id
            else structure_type || ' SYNTHETIQUE ' || place_id
        end as denomination,
        case
            when location_kind in ('complete', 'foreign_admin_address') then insee_code
            when location_kind = 'lost_zero_commune' then ltrim(insee_code, '0')
        end as located_commune,
        case
            when
                location_kind in (
                    'complete', 'lost_zero_commune', 'management_postcode', 'postcode',
                    'unusable_admin_address'
                )
                then postcode
            when location_kind = 'lost_zero_postcode' then ltrim(postcode, '0')
            when location_kind = 'cedex' then cedex_postcode
        end as located_postcode,
        case
            when location_kind = 'cedex' then upper(strip_accents(commune_name)) || ' CEDEX 0'
                || (1 + place_id % 9)
            else upper(strip_accents(commune_name))
        end as commune_label,
        location_kind,
        location_draw,
        creation_date,
        modification_date,
    from located
),

versions as (
    select * from described
    union all
    -- Structure rows are not unique: an older row gives another address.
    select
        * replace (
            -1 as version,
            'complete' as location_kind,
            '75056' as located_commune,
            '75001' as located_postcode,
            'PARIS' as commune_label,
            modification_date - 400 as modification_date
        ),
    from described
    where place_id % 29 = 5
)

select
    structure_id,
    lpad(siret, 14, '0') as siret,
    denomination,
    location_kind,
    case
        when location_kind in ('complete', 'lost_zero_commune') then located_commune
        when location_kind = 'foreign_admin_address' then '99132'
        when location_kind = 'unusable_admin_address' then 'XX'
        when location_kind = 'nowhere' and place_id % 2 = 0 then '20999'
    end as admin_commune_code,
    case
        when location_kind = 'foreign_admin_address' then '00000'
        when location_kind = 'unusable_admin_address' then '99'
        when location_kind not in ('management_postcode', 'nowhere', 'annex_number')
            then located_postcode
    end as admin_postcode,
    case
        when location_kind = 'foreign_admin_address' then 'BRUXELLES'
        when location_kind not in ('management_postcode', 'nowhere', 'annex_number')
            then commune_label
    end as admin_commune,
    case
        when location_kind in ('complete', 'foreign_admin_address') then located_commune
    end as management_commune_code,
    case
        when location_kind in ('complete', 'management_postcode', 'unusable_admin_address')
            then located_postcode
        when location_kind = 'foreign_admin_address' then '99'
    end as management_postcode,
    case when location_kind != 'nowhere' then commune_label end as management_commune,
    creation_date,
    modification_date,
    place_id,
    version,
from versions
order by version, place_id;

create or replace view drop_structure as
select
    structure_id as structure_id_siae,
    siret as structure_siret_actualise,
    siret as structure_siret_signature,
    'contact.' || structure_id || '@structure-fictive.example'
        as structure_adresse_mail_corresp_technique,
    denomination as structure_denomination,
    'false' as structure_denomination_commerciale_connue,
    ['8899B', '8810C', '7820Z', '3811Z', '8130Z'][1 + structure_id % 5] as structure_code_naf,
    structure_id % 90 + 1 as structure_adresse_admin_numero,
    'RUE' as structure_adresse_admin_type_voie,
    if(place_id % 23 = 0, 'DE L"AVENIR', 'DE L''EXEMPLE') as structure_adresse_admin_nom_voie,
    admin_postcode as structure_adresse_admin_cp,
    admin_commune as structure_adresse_admin_commune,
    admin_commune_code as structure_adresse_admin_code_insee,
    management_postcode as structure_adresse_gestion_cp,
    management_commune as structure_adresse_gestion_commune,
    management_commune_code as structure_adresse_gestion_code_insee,
    french_date(creation_date) as structure_date_creation,
    french_date(modification_date)
    || if(structure_id % 2 = 0, ' ' || lpad((structure_id % 24)::varchar, 2, '0') || ':05:07', '')
        as structure_date_modification,
    '0199' || lpad((structure_id % 1000000)::varchar, 6, '0')
        as structure_adresse_gestion_telephone,
    -- The last column is free text: a break in it leaves a complete line before the fragment.
    if(place_id % 67 = 11, 'BATIMENT B' || chr(11) || 'ESCALIER 2', null)
        as structure_adresse_gestion_cplt_adresse,
from structure_rows
order by version, place_id;

-- Financial annexes: one id for a structure and year, several rows where it was amended.
create or replace table annexes as
with years as (
    select
        located_places.*,
        unnest(range(2016, getvariable('until_month') // 12 + 1)) as year,
    from located_places
),

delivered as (
    select *, place_id * 32 + year - 2016 as annex_id,
    from years
    where
        -- In January the annexes of the new year may all be missing; later, some still are.
        year < getvariable('until_month') // 12
        or (getvariable('until_month') % 12 > 0 and annex_draw >= 0.04)
),

amended as (
    select
        *,
        unnest(
            case
                when draw('amended', annex_id) < 0.25 then ['first', 'last']
                when draw('amended', annex_id) < 0.30 then ['last', 'refused']
                when draw('amended', annex_id) < 0.32 then ['other', 'last']
                else ['last']
            end
        ) as version,
    from delivered
),

-- Annexes that take their monthly states out of the stock.
excluding as (
    select
        place_id * 32 + year - 2016 + 10000000 as annex_id,
        * exclude (annex_id),
        'refused' as version,
    from delivered
    where structure_type in ('AI', 'ETTI')
    union all
    select
        place_id * 32 + year - 2016 + 20000000 as annex_id,
        * exclude (annex_id) replace (
            ['FDI_DC', 'ACIPA_DC', 'EIPA_DC'][1 + place_id % 3] as measure_code
        ),
        'last' as version,
    from delivered
    where structure_type in ('AI', 'ETTI')
    union all
    select
        place_id * 32 + year - 2016 + 30000000 as annex_id,
        * exclude (annex_id) replace (
            ['SEVE_DC', 'ACI_XX', null][1 + place_id % 3] as measure_code
        ),
        'last' as version,
    from delivered
    where structure_type in ('AI', 'ETTI')
),

all_versions as (
    select
        annex_id,
        structure_id,
        place_id,
        structure_type,
        measure_code,
        annex_department,
        annex_draw,
        location_kind,
        year,
        version,
    from amended
    union all
    select
        annex_id,
        structure_id,
        place_id,
        structure_type,
        measure_code,
        annex_department,
        annex_draw,
        location_kind,
        year,
        version,
    from excluding
)

select
    *,
    case
        when version = 'refused' and annex_id < 10000000 then 2
        when version = 'last' and draw('amended', annex_id) < 0.25 then 1
        else 0
    end as modification,
    case
        when version = 'first' then 'HISTORISE'
        when version = 'refused' then ['REJETE', 'ANNULE', 'SAISI', 'BROUILLON'][1 + annex_id % 4]
        when year < getvariable('until_month') // 12 and annex_id % 7 = 0 then 'CLOTURE'
        when annex_id % 11 = 0 then 'PROVISOIRE'
        else 'VALIDE'
    end as state_code,
    split_part(coalesce(measure_code, 'ACI_DC'), '_', 1)
    || if(
        -- Who moved: only the most recent annex tells where the structure is.
        location_kind = 'annex_number' and annex_draw < 0.5 and year = 2016,
        '075',
        annex_department
    )
    || lpad((year % 100 - (year - 2016) % 3)::varchar, 2, '0')
    || lpad((place_id % 10000)::varchar, 4, '0') as annex_number,
from all_versions
-- A version 'other' says another department's measure and loses to the later line.
order by annex_id, modification, version = 'last', version;

create or replace view drop_annexe_financiere as
select
    structure_id as af_id_structure,
    substr(annex_department, 1, 3) || ' 0101' || year % 100 || ' ' || structure_type || ' '
    || lpad((place_id % 100000)::varchar, 5, '0') as af_numero_convention,
    case structure_type
        when 'ACI' then 2 when 'AI' then 1 when 'EI' then 3 when 'ETTI' then 4 else 12
    end as af_mesure_dispositif_id,
    if(version = 'other', 'ACIPA_DC', measure_code) as af_mesure_dispositif_code,
    annex_number as af_numero_annexe_financiere,
    (year - 2016) % 3 as af_numero_avenant_renouvellement,
    modification as af_numero_avenant_modification,
    annex_id as af_id_annexe_financiere,
    annex_id * 2 + modification as af_id_avenant_modification,
    french_date(make_date(year - 1, 12, 31)) as af_date_depot_dde_financement,
    case state_code when 'VALIDE' then 3 when 'HISTORISE' then 8 else 5 end
        as af_etat_annexe_financiere_id,
    state_code as af_etat_annexe_financiere_code,
    'false' as af_indicateur_suspension,
    'false' as af_indicateur_derogation,
    french_date(make_date(year, 1, 1)) as af_date_debut_effet,
    french_date(make_date(year, 12, 31)) as af_date_fin_effet,
    round(4 + 12 * annex_draw, 2)::decimal(8, 2) as af_etp_postes_insertion,
    '11' as af_duree_heure_annuel_etp_id,
    'DUR_AN_ETP' as af_duree_heure_annuel_etp_code,
    1820.00::decimal(8, 2) as af_duree_heure_annuel_etp_valeur,
    case
        when annex_id % 97 = 5 then 'ACTION "RELANCE'
        when annex_id % 113 = 7 then 'AAP FDI' || chr(11) || 'Relance et développement'
    end as af_description_action,
    'false' as af_indic_cofinancement,
    '35:00' as af_duree_collective_hebdo,
    french_date(make_date(year, 1, 2)) as af_date_etat_provisoire,
    if(state_code = 'VALIDE', french_date(make_date(year, 2, 1 + place_id % 27)), null)
        as af_date_etat_valide,
    if(state_code = 'HISTORISE', french_date(make_date(year, 6, 1 + place_id % 27)), null)
        as af_date_etat_historise,
from annexes;
