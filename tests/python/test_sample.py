"""What `iae sample` writes: calibrated figures, every fault of the real files, the same bytes."""

from __future__ import annotations

import filecmp
import io
import re
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest
import pyzipper
from python_calamine import CalamineWorkbook

from conftest import REAL_DATA, Pipeline
from iae.errors import IaeError
from iae.folders import MARK
from iae.months import parse_month
from iae.sample import FIRST_MONTH, LAST_MONTH, MARKER, write_sample
from iae.sample.weeks import PASSWORD
from loading import error_of, run
from sample_reading import Content, count_stock, fluxiae_file, read_fluxiae

SCALE = 0.02
DECEMBER_2021 = {"ACI": 60_200, "AI": 47_200, "EI": 18_100, "ETTI": 17_400}
CONSTANT_SCOPE = "('ACI', 'AI', 'EI', 'ETTI')"


@pytest.fixture(scope="module")
def drop(published_sample: Pipeline) -> Path:
    return published_sample.folder / "drop"


@pytest.fixture(scope="module")
def files(
    drop: Path, published_sample: Pipeline, tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    """The five FluxIAE tables as written, and the stock that they make in the marts."""
    connection = read_fluxiae(drop, tmp_path_factory.mktemp("sample_read"))
    connection.execute(f"attach '{published_sample.published}' as published (read_only)")
    connection.execute(
        """
        create table stock as
        select month, structure_type, ltrim(territory_id, 'D') as department_code, stock,
        from published.marts.fct_stock_by_structure_type
        where
            (territory_id like 'D%' or territory_id = 'NL')
            and structure_type not in ('GEIQ', 'ITI');

        create macro day(text) as try_strptime(text, ['%d/%m/%Y', '%d/%m/%Y %H:%M:%S']);

        create table persons as
        select salarie_id as id, any_value(salarie_nir[:13]) as nir,
        from Salarie
        where length(salarie_nir) >= 13
        group by id;
        """
    )
    connection.execute(f"attach '{published_sample.warehouse}' as warehouse (read_only)")
    connection.execute(
        """
        create table located as
        select structure_id as id, department_code,
        from warehouse.intermediate.int_asp_structures_located
        where department_code != 'NL';

        detach warehouse
        """
    )
    return connection


def national(drop: Path, month: date, extract_date: date) -> Counter[str]:
    """The stock of a month by type, counted from the files of a sample that is not built."""
    persons: Counter[str] = Counter()
    for (counted, _, structure_type), stock in count_stock(drop, extract_date).items():
        if counted == month:
            persons[structure_type] += stock
    return persons


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row


# Calibration


def test_december_2021_is_within_5_percent_by_type(files: duckdb.DuckDBPyConnection) -> None:
    stock = dict(
        files.execute(
            "select structure_type, sum(stock) from stock where month = '2021-12-01' group by all"
        ).fetchall()
    )
    for structure_type, persons in DECEMBER_2021.items():
        assert stock[structure_type] == pytest.approx(SCALE * persons, rel=0.05), structure_type
    assert 1_000 * SCALE < stock["EITI"] < 2_000 * SCALE


@pytest.mark.parametrize(("seed", "scale"), [(2, 0.01), (3, 0.02)])
def test_other_seeds_and_scales_are_calibrated_too(seed: int, scale: float, tmp_path: Path) -> None:
    write_sample(tmp_path / "drop", scale=scale, seed=seed, until=date(2021, 12, 1))
    stock = national(tmp_path / "drop", date(2021, 12, 1), date(2022, 1, 11))
    for structure_type, persons in DECEMBER_2021.items():
        assert stock[structure_type] == pytest.approx(scale * persons, rel=0.05), structure_type


def test_the_spring_of_2020_falls_by_a_third(files: duckdb.DuckDBPyConnection) -> None:
    (change,) = one(
        files,
        f"""
        select
            sum(stock) filter (month = '2020-04-01') / sum(stock) filter (month = '2020-02-01') - 1
        from stock where structure_type in {CONSTANT_SCOPE}
        """,
    )
    assert -0.42 < change < -0.30
    falls = dict(
        files.execute(
            """
            select
                structure_type,
                sum(stock) filter (month = '2020-04-01') / sum(stock) filter (month = '2020-02-01')
                - 1
            from stock group by all
            """
        ).fetchall()
    )
    # AI and ETTI bear it: their people are counted by the hours that they worked.
    assert max(falls["AI"], falls["ETTI"]) < -0.5 < -0.2 < min(falls["ACI"], falls["EI"])


def test_august_is_the_low_of_the_ai(files: duckdb.DuckDBPyConnection) -> None:
    lows = files.execute(
        """
        with monthly as (
            select month, sum(stock) as stock from stock where structure_type = 'AI' group by all
        )

        select year(month), month(arg_min(month, stock))
        from monthly
        -- In 2020 the spring, and only the spring, was lower.
        where month not between '2020-03-01' and '2020-06-01'
        group by all
        """
    ).fetchall()
    assert dict(lows) == dict.fromkeys(range(2017, 2023), 8)


def test_trend_follows_the_published_series(
    files: duckdb.DuckDBPyConnection,
) -> None:
    edition = f"{REAL_DATA}/barometre/2023-01-18/barometre-resultats-detail-national.csv.gz"
    (worst,) = one(
        files,
        f"""
        with published as (
            select date_trunc('month', date) as month, valeur * {SCALE} as published,
            from read_csv('{edition}')
        ),

        sample as (
            select month, sum(stock) as stock,
            from stock where structure_type in {CONSTANT_SCOPE} group by all
        )

        select max(abs(stock / published - 1)) from sample inner join published using (month)
        """,
    )
    # The published figure has Mayotte, and the last months are not complete in the sample.
    assert worst < 0.03


def test_regions_have_their_shares(files: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    shape = shared_data / "calibration" / "regional_shape.csv"
    departments = shared_data / "territories" / "departements.csv"
    gaps = dict(
        files.execute(
            f"""
            with departments as (
                select code as department_code, region_code,
                from read_csv('{departments}', all_varchar = true)
            ),

            sample as (
                select region_code, sum(stock) as stock,
                from stock inner join departments using (department_code)
                where structure_type in {CONSTANT_SCOPE} and year(month) = 2019
                group by all
            )

            select region_code, 100 * stock / sum(stock) over () - share_2019_pct::double,
            from sample
            inner join read_csv('{shape}', all_varchar = true) on code_region = region_code
            """
        ).fetchall()
    )
    assert len(gaps) == 17
    assert all(abs(gap) < 0.5 for gap in gaps.values()), gaps


def test_as_many_contracts_begin_as_are_published(
    files: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    published = shared_data / "calibration" / "monthly_by_type.csv"
    gaps = dict(
        files.execute(
            f"""
            with published as (
                select type, month(strptime(month, '%Y-%m')) as month, value::double as entries,
                from read_csv('{published}', all_varchar = true)
                where measure = 'entrees' and (type, month[:4]) in (('ACI', '2021'), ('AI', '2022'))
            ),

            begun as (
                select
                    split_part(contrat_mesure_disp_code, '_', 1) as type,
                    month(day(contrat_date_embauche)) as month,
                    count(distinct contrat_id_ctr) / {SCALE} as entries,
                from ContratMission
                where (type, year(day(contrat_date_embauche))) in (('ACI', 2021), ('AI', 2022))
                group by all
            )

            select type, sum(begun.entries) / sum(published.entries) - 1
            from begun inner join published using (type, month)
            where type = 'ACI' or month < 9
            group by all
            """
        ).fetchall()
    )
    assert max(map(abs, gaps.values())) < 0.1, gaps
    [(august, september)] = files.execute(
        """
        select
            count(*) filter (month(day(contrat_date_embauche)) = 8),
            count(*) filter (month(day(contrat_date_embauche)) = 9)
        from ContratMission
        where contrat_mesure_disp_code = 'ACI_DC' and year(day(contrat_date_embauche)) = 2021
        """
    ).fetchall()
    assert 1.3 < september / august < 2


# The envelope and the containers


@pytest.mark.parametrize(
    ("table", "container", "line_end", "has_bom", "has_start", "has_end"),
    [
        ("Structure", "plain", "\r\n", True, True, True),
        ("AnnexeFinanciere", "gzip", "\n", False, True, False),
        ("ContratMission", "zip", "\n", False, True, True),
        ("Salarie", "plain", "\n", False, False, True),
        ("EtatMensuelIndiv", "gzip", "\n", False, True, True),
    ],
)
def test_fluxiae_files_come_in_every_dress(
    drop: Path,
    table: str,
    container: str,
    line_end: str,
    has_bom: bool,
    has_start: bool,
    has_end: bool,
) -> None:
    content = fluxiae_file(drop, table)
    assert (content.container, content.line_end, content.has_bom) == (container, line_end, has_bom)
    header, *rows = content.records
    assert {len(row) for row in rows} == {len(header)}
    padding = "|" * (len(header) - 1)
    start = re.compile(rf"DEB{table}(10|11)102022_063004{re.escape(padding)}")
    assert bool(start.fullmatch(content.first)) == has_start
    assert (content.last == f"FIN{len(rows)}{padding}") == has_end


def test_a_zip_is_named_as_a_gzip_and_dates_of_names_agree(drop: Path) -> None:
    names = [path.name for path in (drop / "asp_fluxiae").iterdir()]
    assert fluxiae_file(drop, "ContratMission").path.name.endswith(".csv.gz")
    assert {name.split("_")[2] for name in names} == {"17102022"}
    assert {"AnnexeFinanciereACI", "MissionsEtatMensuelIndiv"} < {n.split("_")[1] for n in names}


def test_annexes_have_the_columns_of_the_real_file(drop: Path, shared_data: Path) -> None:
    (real,) = (shared_data / "fluxiae").glob("fluxIAE_AnnexeFinanciere_*")
    assert fluxiae_file(drop, "AnnexeFinanciere").records[0] == Content(real).records[0]


def test_raw_line_breaks_are_rare_and_bare(drop: Path) -> None:
    nb_breaks = {
        table: sum("\n" in field for row in fluxiae_file(drop, table).records for field in row)
        for table in ("Structure", "AnnexeFinanciere", "ContratMission", "Salarie")
    }
    assert all(2 <= nb <= 60 for nb in nb_breaks.values()), nb_breaks
    # One that leaves a line without separator after a whole record.
    assert any("\n" in row[-1] for row in fluxiae_file(drop, "Structure").records)


# Rows and values

# Rows that each table must have.
FAULTY_ROWS = {
    "Structure": {
        "lone quotes": "structure_denomination like '%\"%'",
        "lost zero of a commune code": "length(structure_adresse_admin_code_insee) = 4",
        "lost zero of a postcode": "length(structure_adresse_admin_cp) = 4",
        "CEDEX": "structure_adresse_admin_commune like '%CEDEX%'",
        "commune code in Corsica": r"structure_adresse_admin_code_insee similar to '2[AB]\d{3}'",
        "foreign commune code": "structure_adresse_admin_code_insee = '99132'",
        "Mayotte": "structure_adresse_admin_cp like '976%'",
        "Saint-Martin and Saint-Barthélemy by postcode": """
            structure_adresse_admin_cp in ('97133', '97150')""",
        "no address": """
            structure_adresse_admin_cp is null and structure_adresse_gestion_cp is null
            and structure_adresse_admin_code_insee is null""",
    },
    "Salarie": {
        "lone quotes in names": "salarie_nom_naissance like '%\"%'",
        "latest NIR unusable": "salarie_nir = 'INCONNU'",
        "no NIR": "salarie_nir is null",
        "one digit repeated": "salarie_nir = '1111111111111'",
        "NIR with spaces": "salarie_nir like '% % %'",
        "NIR of 13": "length(salarie_nir) = 13",
        "NIR of Corsica": r"salarie_nir similar to '\d{5}2[ABab].*'",
        "provisional NIR": "salarie_nir like '9____________'",
    },
    "AnnexeFinanciere": {
        "annex 02A": r"af_numero_annexe_financiere similar to '[A-Z]+02[AB]\d{6}'",
        "annex 59L or 59V": r"af_numero_annexe_financiere similar to '[A-Z]+59[LV]\d{6}'",
        "annex of no department": r"""
            af_numero_annexe_financiere similar to '[A-Z]+(000|999|020|099)\d{6}'""",
    },
    "EtatMensuelIndiv": {
        "neither annex nor contract": """
            emi_afi_id not in (select af_id_annexe_financiere from AnnexeFinanciere)
            and emi_ctr_id not in (
                select contrat_id_ctr from ContratMission where contrat_id_ctr is not null)""",
        "annex there, contract missing": """
            emi_afi_id in (select af_id_annexe_financiere from AnnexeFinanciere)
            and emi_ctr_id not in (
                select contrat_id_ctr from ContratMission where contrat_id_ctr is not null)""",
        "state without id": "emi_dsm_id is null",
        "draft": "emi_esm_etat_code = 'BROUILLON'",
        "state being entered": "emi_esm_etat_code = 'SAISI'",
        "unblocked": "emi_esm_etat_code = 'DEBLOQUE'",
        "padded text": "emi_esm_etat_code = ' VALIDE '",
        "month with a zero": "emi_sme_mois = '08'",
        "month without": "emi_sme_mois = '8'",
        "no such month": "emi_sme_mois in ('0', '13', 'XX', '1.5')",
        "no such year": "emi_sme_annee in ('20 22', '2O22')",
        "month before the series": "emi_sme_annee = '2016'",
        "month under way": "emi_sme_annee = '2022' and emi_sme_mois = '10'",
        "hours with a comma": "emi_nb_heures_travail = '1,5'",
        "negative hours": "emi_nb_heures_travail = '-3'",
        "no hours": "emi_nb_heures_travail is null",
        "0 hours": "emi_nb_heures_travail = '0'",
        "structure that declares late": """
            emi_sme_annee = '2021'
            and day(emi_date_creation)
            > day('01/' || lpad(emi_sme_mois, 2, '0') || '/2021') + interval 60 days""",
    },
    "ContratMission": {
        "contract without id": "contrat_id_ctr is null",
        "modified at no date": "day(contrat_date_modification) is null",
        "unknown measure": "coalesce(contrat_mesure_disp_code, 'ACI_XX') in ('SEVE_DC', 'ACI_XX')",
        "measure outside": "contrat_mesure_disp_code in ('FDI_DC', 'ACIPA_DC', 'EIPA_DC')",
        "prison": "contrat_mesure_disp_code in ('ACI_MP')",
        "no start": "contrat_date_embauche is null",
        "ISO start": r"contrat_date_embauche similar to '\d{4}-.*'",
        "30 February": "contrat_date_embauche = '31/02/2021'",
        "exit that is no date": """
            contrat_date_sortie_definitive is not null
            and day(contrat_date_sortie_definitive) is null
            and day(contrat_date_fin_contrat) is not null""",
        "end before start": "day(contrat_date_fin_contrat) < day(contrat_date_embauche)",
        "within one month": """
            month(day(contrat_date_fin_contrat)) = month(day(contrat_date_embauche))
            and contrat_date_embauche like '02/%'""",
        "unknown end": """
            contrat_date_fin_contrat is null and contrat_date_sortie_definitive is null""",
        "broken off": "day(contrat_date_sortie_definitive) < day(contrat_date_fin_contrat)",
        "planned beyond the extract": "day(contrat_date_fin_contrat) > '2022-12-31'",
    },
}
# Queries that must find a row.
QUERIES = {
    "structure in no row, with annexes": """
        select 1 from AnnexeFinanciere
        where af_id_structure not in (select structure_id_siae from Structure)""",
    "structure nowhere": """
        select 1 from ContratMission
        where contrat_id_structure not in (select id from located)""",
    "one SIRET in two types": """
        select contrat_id_structure from ContratMission
        group by all
        having count(distinct split_part(contrat_mesure_disp_code, '_', 1)) filter (
            contrat_mesure_disp_code in ('ACI_DC', 'EI_DC', 'ETTI_DC')) > 1""",
    "annex with a refused amendment": """
        select af_id_annexe_financiere from AnnexeFinanciere
        group by all
        having arg_max(
            af_etat_annexe_financiere_code, af_numero_avenant_modification::integer
        ) in ('REJETE', 'ANNULE', 'SAISI', 'BROUILLON') and count(*) > 1""",
    "annexes tied": """
        select
            af_id_annexe_financiere, af_numero_avenant_renouvellement,
            af_numero_avenant_modification
        from AnnexeFinanciere group by all having count(*) > 1""",
    "annex missing, contract there": """
        select 1 from EtatMensuelIndiv
        inner join ContratMission on contrat_id_ctr = emi_ctr_id
        where emi_afi_id not in (select af_id_annexe_financiere from AnnexeFinanciere)""",
    "annex of another type than the contract": """
        select 1 from EtatMensuelIndiv
        inner join AnnexeFinanciere on af_id_annexe_financiere = emi_afi_id
        inner join ContratMission on contrat_id_ctr = emi_ctr_id
        where af_mesure_dispositif_code = 'ACI_DC' and contrat_mesure_disp_code = 'AI_DC'""",
    "states tied": """
        select emi_dsm_id, emi_date_modification from EtatMensuelIndiv
        where emi_dsm_id is not null group by all having count(*) > 1""",
    "valid state with a later draft": """
        select 1 from EtatMensuelIndiv as earlier
        inner join EtatMensuelIndiv as later using (emi_dsm_id)
        where
            earlier.emi_esm_etat_code = 'VALIDE' and later.emi_esm_etat_code = 'BROUILLON'
            and day(earlier.emi_date_modification) < day(later.emi_date_modification)""",
    "one hour in two rows": """
        select emi_pph_id, emi_sme_mois, emi_sme_annee from EtatMensuelIndiv
        where emi_nb_heures_travail = '0.60' group by all having count(*) > 1""",
    "person without row": """
        select 1 from ContratMission
        where contrat_id_pph not in (select salarie_id from Salarie)""",
    "person in two structures of a department": """
        select persons.nir, located.department_code, contrat_mesure_disp_code
        from ContratMission
        inner join persons on persons.id = contrat_id_pph
        inner join located on located.id = contrat_id_structure
        group by all having count(distinct contrat_id_pph) > 1""",
    "person in two departments": """
        select persons.nir from ContratMission
        inner join persons on persons.id = contrat_id_pph
        inner join located on located.id = contrat_id_structure
        group by all having count(distinct located.department_code) > 1""",
    "person in two types": """
        select persons.nir from ContratMission
        inner join persons on persons.id = contrat_id_pph
        group by all
        having count(distinct split_part(contrat_mesure_disp_code, '_', 1)) filter (
            contrat_mesure_disp_code in ('ACI_DC', 'AI_DC')) > 1""",
    "person who goes on in another type within a year": """
        select 1 from ContratMission as earlier
        inner join persons as leavers on leavers.id = earlier.contrat_id_pph
        inner join persons as newcomers on newcomers.nir = leavers.nir
        inner join ContratMission as later on later.contrat_id_pph = newcomers.id
        where
            earlier.contrat_mesure_disp_code = 'ACI_DC' and later.contrat_mesure_disp_code = 'EI_DC'
            and day(later.contrat_date_embauche) between
                day(earlier.contrat_date_sortie_definitive)
                and day(earlier.contrat_date_sortie_definitive) + interval 365 days""",
    "person who comes back": """
        select 1 from ContratMission as earlier
        inner join ContratMission as later using (contrat_id_pph)
        where
            day(later.contrat_date_embauche)
            > day(earlier.contrat_date_sortie_definitive) + interval 31 days""",
    "structure that stops declaring": """
        with declared as (
            select af_id_structure, max(emi_sme_annee) as last_year,
            from EtatMensuelIndiv
            inner join AnnexeFinanciere on af_id_annexe_financiere = emi_afi_id
            where regexp_full_match(emi_sme_annee, '20..')
            group by all
        )

        select 1 from declared
        inner join AnnexeFinanciere using (af_id_structure)
        where last_year < '2022' and af_date_debut_effet = '01/01/2022'""",
}
# Keys that must be in several rows.
KEYS = {
    "structures twice": ("Structure", "structure_id_siae"),
    "annex amended": ("AnnexeFinanciere", "af_id_annexe_financiere"),
    "state twice": ("EtatMensuelIndiv", "emi_dsm_id"),
    "contract twice": ("ContratMission", "contrat_id_ctr"),
    "person in several rows": ("Salarie", "salarie_id"),
}
FAULTS = QUERIES | {
    fault: f"select 1 from {table} where {condition}"
    for table, faults in FAULTY_ROWS.items()
    for fault, condition in faults.items()
}
FAULTS |= {
    fault: f"select {key} from {table} group by {key} having count({key}) > 1"
    for fault, (table, key) in KEYS.items()
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fluxiae_has_every_fault(files: duckdb.DuckDBPyConnection, fault: str) -> None:
    assert files.execute(FAULTS[fault]).fetchone() is not None


def test_last_months_are_not_complete(files: duckdb.DuckDBPyConnection) -> None:
    (share,) = one(
        files,
        """
        select avg((emi_esm_etat_code = 'BROUILLON')::integer) from EtatMensuelIndiv
        where emi_sme_annee = '2022' and emi_sme_mois in ('9', '09')
        """,
    )
    assert 0.005 < share < 0.05


def test_in_january_the_annexes_of_the_new_year_are_missing(tmp_path: Path) -> None:
    write_sample(tmp_path / "drop", scale=0.002, until=date(2022, 1, 1))
    connection = read_fluxiae(tmp_path / "drop", tmp_path)
    nb_annexes = one(
        connection, "select count(*) from AnnexeFinanciere where af_date_debut_effet like '%/2022'"
    )
    assert nb_annexes == (0,)
    stock = national(tmp_path / "drop", date(2022, 1, 1), date(2022, 2, 11))
    assert stock["AI"] == pytest.approx(0.002 * 46_003, rel=0.1)


# GEIQ and ITI


def text_rows(content: Content, encoding: str) -> list[str]:
    return content.raw.decode(encoding).splitlines()


def test_contrats_pro(drop: Path) -> None:
    (path,) = (drop / "extrapro").iterdir()
    content = Content(path)
    assert (path.name, content.container) == ("contrats_pro_20221014.csv.gz", "gzip")
    with pytest.raises(UnicodeDecodeError):
        content.raw.decode("utf-8")
    header, *rows = text_rows(content, "windows-1252")
    assert header.startswith("NUM_CONTRAT;TYPE_CONTRAT;NUM_AVENANT;SIRET_EMPLOYEUR;RAISON_SOCIALE")
    assert header.endswith("OPCO;NIR")
    text = "\n".join(rows)
    assert '"GEIQ BTP ; Industrie' in text
    assert '""Propreté""' in text
    numbers = Counter(row.split(";")[0] for row in rows)
    assert numbers[""] >= 2
    assert max(nb for number, nb in numbers.items() if number) == 2
    sirets = [row.split(";")[3] for row in rows]
    lengths = Counter(len(siret) for siret in sirets if siret.isdigit())
    assert min(lengths[12], lengths[13], lengths[14]) > 0
    assert "4,12341E+13" in sirets
    assert any(re.fullmatch(r"\d{3} \d{3} \d{3} \d{5}", siret) for siret in sirets)


def test_contrats_aides(drop: Path) -> None:
    (path,) = (drop / "asp_contrats_aides").iterdir()
    content = Content(path)
    assert (content.container, content.has_bom) == ("plain", True)
    header, *rows = (row.split(";") for row in text_rows(content, "utf-8-sig"))
    column = {name: [row[header.index(name)] for row in rows] for name in header}
    assert set(column["type_contrat"]) == {"PEC", "CUI-CAE", "CUI-CIE"}
    departments = " ".join(column["code_departement"])
    assert re.search(r"\b0\d\d\b", departments)
    assert re.search(r"\b\d\b", departments)
    assert any(column["date_rupture"])


def test_lists_of_geiq(drop: Path) -> None:
    folder = drop / "geiq"
    assert sorted(path.name for path in folder.iterdir()) == [
        "geiq_2020.csv",
        "geiq_2021.xlsx",
        "geiq_2022.xlsx",
    ]
    header = "Nom;Rue;Rue (suite);Code Postal;Ville;SIRET;e-mail"
    assert text_rows(Content(folder / "geiq_2020.csv"), "windows-1252")[0] == header
    rows = CalamineWorkbook.from_path(folder / "geiq_2022.xlsx").get_sheet_by_index(0).to_python()
    assert rows[0] == header.split(";")
    sirets = [row[5] for row in rows[1:]]
    assert "" in sirets
    assert any(isinstance(siret, float) and siret < 10**13 for siret in sirets), "lost zeros"
    assert len([siret for siret in sirets if siret]) > len({siret for siret in sirets if siret})


def test_iti_workbook(drop: Path) -> None:
    (path,) = (drop / "bpifrance_iti").iterdir()
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=False)
    place = rows.index(["Mois", "Région", "Département", "Réseau", "Entrées"])
    assert place == 3
    assert rows[0][0]
    months = {row[0] for row in rows[place + 1 :] if row[0]}
    spellings = ("01/2021", "févr.-21", "mars 2021", "2021-05")
    assert set(spellings) < {month for month in months if isinstance(month, str)}
    assert any(isinstance(month, date) for month in months)
    assert any(str(month).startswith("Total") for month in months)
    assert "TOTAL GÉNÉRAL" in months
    assert {"Nord-Pas-de-Calais", "Picardie"} < {row[1] for row in rows}
    assert any(str(row[1]).startswith("TOTAL ") for row in rows)
    departments = {row[2] for row in rows}
    assert {"Total", "Étranger", "Corse", "Mayotte", "Paris", "Ville de Paris"} <= departments
    assert any(re.fullmatch(r"\d\d - .*|.* \(\d\d\)", str(name)) for name in departments)
    assert {"n.c.", -1, 2.5, "1 204"} < {row[4] for row in rows}
    assert sheet.merged_cell_ranges
    assert any(not any(row) for row in rows[place:]), "blank rows"


def test_iti_entries_of_both_years(tmp_path: Path) -> None:
    write_sample(tmp_path / "drop", scale=0.05, until=date(2022, 12, 1))
    (path,) = (tmp_path / "drop" / "bpifrance_iti").iterdir()
    month = ""
    entries: Counter[int] = Counter()
    for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[3:]:
        month = str(row[0] or month)
        is_total = any(str(cell).upper().startswith("TOTAL") for cell in row[:4])
        if not is_total and isinstance(row[4], float) and row[4] > 0:
            year = next((y for y in (21, 22) if f"20{y}" in month or month.endswith(f"-{y}")), 0)
            entries[year] += int(row[4])
    assert entries[21] == pytest.approx(0.05 * 15_000, rel=0.05)
    assert entries[22] == pytest.approx(0.05 * 25_000, rel=0.05)


# Week after week


def test_the_same_people_go_on_from_week_to_week(tmp_path: Path) -> None:
    write_sample(tmp_path / "weeks", scale=0.002, until=date(2022, 2, 1), nb_weeks=6)
    weeks = sorted((tmp_path / "weeks").glob("2*"))
    assert [week.name[5:] for week in weeks] == [
        "02-10", "02-17", "02-24", "03-03", "03-10", "03-17",
    ]  # fmt: skip
    came = [sorted(path.name for path in week.iterdir() if path.is_dir()) for week in weeks]
    assert came == [
        ["asp_contrats_aides", "asp_fluxiae", "bpifrance_iti", "extrapro", "geiq"],
        # The contracts of January, the list of a new year with them, then the workbook of ITI.
        ["asp_contrats_aides", "asp_fluxiae", "extrapro", "geiq"],
        ["asp_fluxiae", "bpifrance_iti"],
        ["asp_fluxiae"],
        ["asp_fluxiae"],
        ["asp_contrats_aides", "asp_fluxiae", "extrapro"],
    ]
    before = None
    for week in weeks:
        unpacked = tmp_path / "unpacked" / week.name / "asp_fluxiae"
        unpacked.mkdir(parents=True)
        (archive,) = (week / "asp_fluxiae").iterdir()
        with zipfile.ZipFile(archive) as outer:
            for name in outer.namelist():
                with pyzipper.AESZipFile(io.BytesIO(outer.read(name))) as inner:
                    inner.extractall(unpacked, pwd=PASSWORD.encode())
        connection = read_fluxiae(unpacked.parent, tmp_path)
        declared, contracts, persons = (
            {row[0] for row in connection.execute(f"select {column} from {table}").fetchall()}
            for table, column in (
                ("EtatMensuelIndiv where length(emi_dsm_id) < 12", "emi_dsm_id"),
                ("ContratMission where length(contrat_id_ctr) < 11", "contrat_id_ctr"),
                ("Salarie", "salarie_id"),
            )
        )
        if before:
            assert before[0] < declared
            assert before[1] < contracts
            assert before[2] < persons
        before = declared, contracts, persons
        # In January all annexes of the new year are missing: they come once February is over.
        assert one(
            connection,
            "select count(*) > 0 from AnnexeFinanciere where af_date_debut_effet like '%/2022'",
        ) == (week.name >= "2022-03-10",)


# As a command


def test_same_arguments_give_the_same_bytes(drop: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "again", scale=SCALE)
    write_sample(tmp_path / "other", scale=SCALE, seed=2)
    names = [path.relative_to(drop) for path in sorted(drop.rglob("*.*")) if path.is_file()]
    assert len(names) > 14
    _, differing, missing = filecmp.cmpfiles(drop, tmp_path / "again", names, shallow=False)
    assert (differing, missing) == ([], [])
    _, differing, _ = filecmp.cmpfiles(drop, tmp_path / "other", names, shallow=False)
    assert len(differing) > 8


def test_it_says_that_it_is_synthetic(drop: Path) -> None:
    text = (drop / MARKER).read_text(encoding="utf-8")
    assert "iae sample --scale 0.02 --seed 1 --until 2022-09" in text
    assert "nothing in here is real" in text


def test_before_2021_there_is_no_composite(tmp_path: Path) -> None:
    write_sample(tmp_path / "drop", scale=0.002, until=date(2018, 6, 1))
    assert {path.name for path in (tmp_path / "drop").iterdir()} == {MARK, MARKER, "asp_fluxiae"}


@pytest.mark.parametrize("until", [FIRST_MONTH, date(2021, 1, 1), LAST_MONTH])
def test_bounds_of_the_calibration(until: date, tmp_path: Path) -> None:
    assert len(write_sample(tmp_path / "drop", scale=0.001, until=until)) >= 9


@pytest.mark.parametrize(
    ("scale", "until", "said"),
    [
        (0, "2022-09", "The scale is 0"),
        (-1, "2022-09", "The scale is -1"),
        (float("nan"), "2022-09", "The scale is nan"),
        (21, "2022-09", "The scale is 21"),
        (0.02, "2016-12", "covers 2017-01 to 2023-12, not 2016-12"),
        (0.02, "2024-01", "not 2024-01"),
        (0.02, "2022-13", "2022-13 is not a month"),
        (0.02, "09/2022", "09/2022 is not a month"),
        (0.02, "0000-09", "0000-09 is not a month"),
    ],
)
def test_bad_arguments_get_a_sentence(scale: float, until: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(IaeError, match=re.escape(said)):
        write_sample(tmp_path / "drop", scale=scale, until=parse_month(until))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "drop"
    out.mkdir()  # an empty folder is free
    assert "fluxIAE_Structure_" in run("sample", out, "--scale", "0.001").stdout
    assert "exists and is not empty" in error_of("sample", out, "--scale", "0.001")
    run("sample", out, "--scale", "0.001", "--seed", "4", "--force")
    assert "--seed 4" in (out / MARKER).read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["drop"]


def test_force_replaces_samples_only(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("dear")
    said = error_of("sample", tmp_path / "real", "--force")
    assert "iae sample did not write it" in said
    assert (tmp_path / "real" / "file").read_text() == "dear"


def test_a_place_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in error_of("sample", tmp_path / "file" / "drop")


# Through the project


def test_every_exclusion_occurs(published_sample: Pipeline) -> None:
    found = set(
        published_sample.query(
            "select source_table, reason from marts.audit_row_outcomes where outcome = 'excluded'"
        )
    )
    of_geiq = (
        "duplicate_row invalid_siret employer_not_a_geiq invalid_dates outside_coverage"
        " never_present_on_a_last_day"
    )
    expected = {
        "ContratMission": "duplicate_row unknown_measure measure_outside_indicator"
        " measured_from_monthly_states invalid_dates outside_coverage never_present_on_a_last_day",
        "EtatMensuelIndiv": "duplicate_row state_not_accepted invalid_month outside_period"
        " unknown_annex annex_state_not_accepted unknown_measure measure_outside_indicator"
        " measured_from_contracts outside_coverage under_one_hour",
        "contrats_pro": of_geiq,
        "contrats_aides": of_geiq,
        "iti_entrees": "total_row invalid_month invalid_count outside_coverage outside_period",
    }
    assert found == {
        (table, reason) for table, reasons in expected.items() for reason in reasons.split()
    }


def test_marts_equal_the_stock_counted_from_the_files(
    files: duckdb.DuckDBPyConnection, drop: Path
) -> None:
    counted = count_stock(drop, date(2022, 10, 11))
    marts = {
        (month, department, structure_type): stock
        for month, structure_type, department, stock in files.execute("from stock").fetchall()
    }
    # 69 months × 4 types and 34 months of EITI, × 100 departments and those nowhere.
    assert len(marts) == (69 * 4 + 34) * 101
    assert {cell: stock for cell, stock in marts.items() if stock} == counted


def test_geiq_stock_is_calibrated(published_sample: Pipeline) -> None:
    (least, most) = published_sample.query(
        """
        select min(stock), max(stock) from marts.fct_stock_by_structure_type
        where structure_type = 'GEIQ' and territory_id = 'FR'
        """
    )[0]
    # 8 to 10 thousand at scale 1, and a few rows are faults.
    assert 0.9 * SCALE * 8_000 <= least <= most <= 1.3 * SCALE * 10_000


def personal_data(drop: Path) -> tuple[set[str], set[str]]:
    """Names and numbers of people (of a NIR, its 13 first characters), as the sample has them."""
    header, *rows = fluxiae_file(drop, "Salarie").records
    column = {name: {row[header.index(name)] for row in rows} for name in header}
    nirs = set(column["salarie_nir"])
    for path in [*(drop / "extrapro").iterdir(), *(drop / "asp_contrats_aides").iterdir()]:
        text = Content(path).raw.decode("windows-1252")
        nirs |= {line.split(";")[-1] for line in text.splitlines()[1:]}
    numbers = {nir.replace(" ", "").upper()[:13] for nir in nirs}
    numbers |= column["salarie_telephone"] | column["salarie_agrement"]
    names = column["salarie_nom_usage"] | column["salarie_nom_naissance"] | column["salarie_prenom"]
    # One digit repeated is nobody's number.
    return names, {number for number in numbers if len(number) >= 10 and len(set(number)) > 1}


def test_no_personal_data_is_left_anywhere(published_sample: Pipeline, tmp_path: Path) -> None:
    names, numbers = personal_data(published_sample.folder / "drop")
    assert len(names) > 30
    assert len(numbers) > 5_000
    # The bytes of everything that was written: databases, logs, compiled SQL, what was spilled.
    paths = [
        path
        for path in published_sample.folder.rglob("*")
        if path.is_file() and "drop" not in path.relative_to(published_sample.folder).parts
    ]
    assert {published_sample.warehouse, published_sample.published} < set(paths)
    # Columns are stored compressed: every value of the warehouse is written out, too.
    with duckdb.connect(str(published_sample.warehouse), read_only=True) as connection:
        columns = connection.execute(
            """
            select schema_name, table_name, list(column_name)
            from duckdb_columns() semi join duckdb_tables() using (schema_name, table_name)
            where not internal
            group by all
            """
        ).fetchall()
        assert len(columns) > 40
        for schema, table, names_of_columns in columns:
            paths.append(tmp_path / f"{schema}.{table}.csv")
            values = ", ".join(f'"{name}"::varchar' for name in names_of_columns)
            connection.execute(
                f'copy (select distinct unnest([{values}]) from "{schema}"."{table}")'
                f" to '{paths[-1]}'"
            )
    any_name = re.compile("|".join(map(re.escape, sorted(names))).encode())
    # Wherever it begins: what is stored may follow what is stored before it without a space.
    long_number = re.compile(rb"(?=([0-9]{5}[0-9AB]{2}[0-9]{5,6}))")
    telephone = re.compile(rb"0(?<!\w0)[0-9]{9}")
    for path in paths:
        content = path.read_bytes()
        assert not any_name.search(content), path
        found = {*long_number.findall(content), *telephone.findall(content)}
        found |= {number[:12] for number in found}
        assert numbers.isdisjoint(number.decode() for number in found), path
