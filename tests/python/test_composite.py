"""GEIQ, ITI and the composite: one row per rule and reason, and the stock computed from it by hand.

Covered months: Extrapro up to 2022-03 and contrats aidés up to 2022-03 (its date is the last day of
March), hence GEIQ up to 2022-03; ITI up to 2022-01; the ASP extranet up to 2022-03.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from by_hand import built_by_hand, write_iti
from compiled_project import CompiledProject
from conftest import Pipeline
from loading import put

PERSON = "185017512345678"  # 15 characters, the key is tolerated
SAME_PERSON = "1 85 01 75 123 456"
GEIQ_A = "11111111111111"  # list of 2021 (twice) in 01
GEIQ_B = "02222222222222"  # list of 2021; the workbook lost its zero
GEIQ_C = "33333333333333"  # list of 2023 only
GEIQ_D = "44444444444444"  # list of 2021, no postcode
NO_GEIQ = "99999999999999"

EXTRAPRO = [
    # NUM_CONTRAT, NUM_AVENANT, SIRET, commune, postcode, start, end, NIR
    # duplicate_row: amendment 10 is the highest, 9 and the empty one are not
    ("E1", "9", GEIQ_A, "01053", "01000", "15/01/2021", "31/12/2021", PERSON),
    ("E1", "10", GEIQ_A, "01053", "01000", "15/01/2021", "30/06/2021", PERSON),
    ("E1", "", GEIQ_A, "01053", "01000", "15/01/2021", "31/12/2021", PERSON),
    # the same person in June once
    ("E2", "0", GEIQ_A, "1053", "", "01/06/2021", "31/08/2021", SAME_PERSON),
    # 13 digits and spaces; the list of 2021 stands for 2022; planned end beyond the coverage
    ("E3", "0", "222 222 222 2222", "01053", "", "15/12/2021", "31/12/2025", ""),
    ("E4", "0", "4,12341E+13", "01053", "", "01/01/2021", "31/12/2021", ""),  # invalid_siret
    ("E5", "0", NO_GEIQ, "01053", "", "01/01/2021", "31/12/2021", ""),  # employer_not_a_geiq
    ("E6", "0", GEIQ_A, "01053", "", "2021-01-01", "31/12/2021", ""),  # invalid_dates
    ("E7", "0", GEIQ_A, "01053", "", "01/01/2021", "inconnue", ""),  # invalid_dates
    ("E8", "0", GEIQ_A, "01053", "", "02/03/2021", "01/03/2021", ""),  # invalid_dates
    ("E9", "0", GEIQ_A, "97608", "", "01/01/2021", "31/12/2021", ""),  # outside_coverage
    # never_present_on_a_last_day, four ways
    ("E10", "0", GEIQ_A, "01053", "", "01/02/2021", "27/02/2021", ""),
    ("E11", "0", GEIQ_C, "01053", "", "01/01/2021", "31/12/2021", ""),
    ("E12", "0", GEIQ_A, "01053", "", "01/04/2022", "", ""),
    ("E13", "0", GEIQ_A, "01053", "", "01/06/2020", "31/12/2020", ""),
    # no end; a foreign commune, so the postcode locates
    ("E14", "0", GEIQ_A, "99132", "20000", "10/03/2022", "", ""),
    # located by the first row of the list; no contract number, so two people
    ("", "0", GEIQ_A, "", "20999", "01/05/2021", "31/05/2021", ""),
    ("", "0", GEIQ_A, "", "20999", "01/05/2021", "31/05/2021", ""),
    # one day, a last day; nothing locates
    ("E15", "0", GEIQ_D, "", "", "31/01/2021", "31/01/2021", ""),
]

CONTRATS_AIDES = [
    # num_convention, num_avenant, SIRET, department, postcode, start, planned end, termination, NIR
    # terminated early; the person of E1 and E2, in another department
    ("K1", "0", GEIQ_A, "02A", "", "01/02/2021", "31/12/2021", "28/02/2021", PERSON),
    # the postcode comes before the department
    ("K2", "0", GEIQ_A, "059", "75001", "01/03/2021", "31/03/2021", "", ""),
    # invalid_dates: no fall back on the planned end
    ("K3", "0", GEIQ_A, "059", "", "01/03/2021", "31/03/2021", "oui", ""),
    # the number of an Extrapro contract is another person here
    ("E3", "0", GEIQ_A, "1", "", "15/12/2021", "31/12/2021", "", ""),
    # duplicate_row on equal amendments: the later line is kept
    ("K5", "1", GEIQ_A, "001", "", "01/06/2021", "30/06/2021", "", ""),
    ("K5", "1", GEIQ_A, "75", "", "01/07/2021", "31/07/2021", "", ""),
    # outside_coverage
    ("K6", "0", GEIQ_A, "976", "", "01/07/2021", "31/07/2021", "", ""),
]

# (month, territory) -> people; every other cell of GEIQ is 0.
GEIQ_STOCK = {
    ("2021-01", "D01"): 1,  # E1
    ("2021-02", "D01"): 1,
    ("2021-03", "D01"): 1,
    ("2021-04", "D01"): 1,
    ("2021-05", "D01"): 3,  # E1 and the two without a number
    ("2021-06", "D01"): 1,  # E1 and E2 are one person
    ("2021-07", "D01"): 1,  # E2
    ("2021-08", "D01"): 1,
    ("2021-12", "D01"): 2,  # E3 of Extrapro and E3 of contrats aidés
    ("2022-01", "D01"): 1,  # E3 of Extrapro
    ("2022-02", "D01"): 1,
    ("2022-03", "D01"): 1,
    ("2021-02", "D2A"): 1,  # K1
    ("2022-03", "D2A"): 1,  # E14
    ("2021-03", "D75"): 1,  # K2
    ("2021-07", "D75"): 1,  # K5
    ("2021-01", "NL"): 1,  # E15
}

ITI_ROWS: list[tuple[object, ...]] = [
    ("janv.-21", "Rhône-Alpes", "Ain", "BGE", 10),
    ("", "", "01 - Ain", "ADIE", 5),  # Mois and Région filled down
    ("", "", "Corse", "BGE", 3),  # names no department: NL
    ("", "Total Rhône-Alpes", "", "", 18),  # total_row
    (dt.date(2021, 2, 1), "Île-de-France", "Ville de Paris", "BGE", "1\u202f200"),
    ("03/2021", "Mayotte", "Mayotte", "BGE", 4),  # outside_coverage
    ("mars 2021", "PACA", "Var", "BGE", "n.d."),  # invalid_count
    ("2021-04", "Bretagne", "Finistère", "BGE", -2),  # invalid_count
    ("2021-04", "Bretagne", "Finistère", "BGE", 1.5),  # invalid_count
    ("printemps", "Bretagne", "Finistère", "BGE", 2),  # invalid_month
    ("déc. 2020", "Bretagne", "Finistère", "BGE", 2),  # outside_period
    ("FÉVRIER 2022", "Bretagne", "Finistère", "BGE", 2),  # outside_period
    ("janvier 2022", "Bretagne", "29", "BGE", 7),
    ("TOTAL", "", "", "", 1229),  # total_row
    ("Source : BPI France", "", "", "", ""),  # no data
]
ITI_MONTHS_OF_2021 = [f"2021-{month:02}" for month in range(1, 13)]
ITI_STOCK = {
    **dict.fromkeys([(month, "D01") for month in ITI_MONTHS_OF_2021], 15),
    **dict.fromkeys([(month, "NL") for month in ITI_MONTHS_OF_2021], 3),
    **dict.fromkeys([(month, "D75") for month in [*ITI_MONTHS_OF_2021[1:], "2022-01"]], 1200),
    ("2022-01", "D29"): 7,
}

OUTCOMES = {
    ("extrapro", "contrats_pro", "counted", None): 7,
    ("extrapro", "contrats_pro", "excluded", "duplicate_row"): 2,
    ("extrapro", "contrats_pro", "excluded", "invalid_siret"): 1,
    ("extrapro", "contrats_pro", "excluded", "employer_not_a_geiq"): 1,
    ("extrapro", "contrats_pro", "excluded", "invalid_dates"): 3,
    ("extrapro", "contrats_pro", "excluded", "outside_coverage"): 1,
    ("extrapro", "contrats_pro", "excluded", "never_present_on_a_last_day"): 4,
    ("asp_contrats_aides", "contrats_aides", "counted", None): 4,
    ("asp_contrats_aides", "contrats_aides", "excluded", "duplicate_row"): 1,
    ("asp_contrats_aides", "contrats_aides", "excluded", "invalid_dates"): 1,
    ("asp_contrats_aides", "contrats_aides", "excluded", "outside_coverage"): 1,
    ("bpifrance_iti", "iti_entrees", "counted", None): 5,
    ("bpifrance_iti", "iti_entrees", "excluded", "total_row"): 2,
    ("bpifrance_iti", "iti_entrees", "excluded", "invalid_month"): 1,
    ("bpifrance_iti", "iti_entrees", "excluded", "invalid_count"): 3,
    ("bpifrance_iti", "iti_entrees", "excluded", "outside_coverage"): 1,
    ("bpifrance_iti", "iti_entrees", "excluded", "outside_period"): 2,
}

# One structure in 01 with one contract of each type counted on the last day: ACI from 2017, EI from
# 2021, two EITI from 2020. AI and ETTI have no one.
ASP_CONTRACTS = """
1|P1|S1|ACI_DC|01/01/2017
2|P2|S1|EI_DC|15/03/2021
3|P3|S1|EITI_DC|01/01/2020
4|P4|S1|EITI_DC|01/01/2020
"""


def _lines(separator: str, header: str, rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([header, *map(separator.join, rows), ""])


def _built(folder: Path, compiled_project: CompiledProject, *, has_iti: bool) -> Pipeline:
    drop = folder / "drop"
    header = (
        "NUM_CONTRAT;TYPE_CONTRAT;NUM_AVENANT;SIRET_EMPLOYEUR;RAISON_SOCIALE;CODE_NAF;IDCC;"
        "CODE_COMMUNE_INSEE;CODE_POSTAL;LIBELLE_COMMUNE;DATE_DEBUT;DATE_FIN;DATE_ENREGISTREMENT;"
        "OPCO;NIR"
    )
    contracts = [
        (
            *(number, "CP", amendment, siret, '"GEIQ ""Été"""', "", "", commune, postcode),
            *("Péronnas", start, end, "", "", nir),
        )
        for number, amendment, siret, commune, postcode, start, end, nir in EXTRAPRO
    ]
    text = _lines(";", header, contracts)
    put(drop, "extrapro/contrats_pro_20220405.csv", text.encode("windows-1252"))
    header = (
        "num_convention;num_avenant;type_contrat;siret_employeur;code_departement;code_postal;"
        "date_embauche;date_fin_prevue;date_rupture;nir"
    )
    text = _lines(";", header, [(row[0], row[1], "PEC", *row[2:]) for row in CONTRATS_AIDES])
    put(drop, "asp_contrats_aides/contrats_aides_20220331.csv", text.encode("utf-8-sig"))
    lists = {
        2021: [
            ("A", "", "", "01000", "Bourg-en-Bresse", GEIQ_A, ""),
            ("A bis", "", "", "75001", "Paris", GEIQ_A, ""),
            ("B", "", "", "01000", "Bourg-en-Bresse", GEIQ_B.lstrip("0"), ""),
            ("D", "", "", "", "", GEIQ_D, ""),
            ("Sans SIRET", "", "", "69001", "Lyon", "", ""),
        ],
        2023: [("C", "", "", "75001", "Paris", GEIQ_C, "")],
    }
    for year, rows in lists.items():
        text = _lines(",", "Nom,Rue,Rue (suite),Code Postal,Ville,SIRET,e-mail", rows)
        put(drop, f"geiq/geiq_{year}.csv", text.encode())
    if has_iti:
        write_iti(drop, "20220215", ITI_ROWS)
    rows = {"structure": "S1||01053", "contrat_mission": ASP_CONTRACTS}
    return built_by_hand(folder, compiled_project, "05042022_112211", **rows)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, compiled_project: CompiledProject) -> Pipeline:
    """The hand-made drop, loaded and built."""
    return _built(tmp_path_factory.mktemp("composite"), compiled_project, has_iti=True)


def _stock(pipeline: Pipeline, structure_type: str) -> dict[tuple[str, str], int]:
    rows = pipeline.query(f"""
        select strftime(month, '%Y-%m'), territory_id, stock
        from marts.fct_stock_by_structure_type
        inner join marts.dim_territories using (territory_id)
        where structure_type = '{structure_type}'
            and territory_level in ('departmental', 'unlocated')
            and stock > 0
    """)
    return {(month, territory): stock for month, territory, stock in rows}


def _composite(pipeline: Pipeline) -> dict[str, tuple[object, ...]]:
    rows = pipeline.query("""
        select strftime(month, '%Y-%m'), official_stock, constant_stock, missing_components
        from marts.fct_composite_stock
        where territory_id = 'FR'
    """)
    return {month: rest for month, *rest in rows}


def test_geiq_stock_is_the_one_computed_by_hand(built: Pipeline) -> None:
    assert _stock(built, "GEIQ") == GEIQ_STOCK


def test_iti_stock_is_the_one_computed_by_hand(built: Pipeline) -> None:
    assert _stock(built, "ITI") == ITI_STOCK


@pytest.mark.parametrize(
    ("structure_type", "first", "last", "country"),
    [
        ("GEIQ", "2021-01", "2022-03", {"2021-01": 2, "2021-10": 0, "2022-03": 2}),
        ("ITI", "2021-01", "2022-01", {"2021-01": 18, "2021-02": 1218, "2022-01": 1207}),
    ],
)
def test_types_are_exposed_on_their_covered_months_zeros_included(
    built: Pipeline, structure_type: str, first: str, last: str, country: dict[str, int]
) -> None:
    rows = built.query(f"""
        select strftime(month, '%Y-%m'), count(*), max(stock) filter (where territory_id = 'FR')
        from marts.fct_stock_by_structure_type
        where structure_type = '{structure_type}'
        group by month
        order by month
    """)
    assert (rows[0][0], rows[-1][0]) == (first, last)
    assert {nb_territories for _, nb_territories, _ in rows} == {1 + 17 + 100 + 1}
    assert {month: stock for month, _, stock in rows if month in country} == country


def test_every_row_ends_in_the_outcome_given_by_hand(built: Pipeline) -> None:
    rows = built.query("""
        select source, source_table, outcome, reason, nb_rows
        from marts.audit_row_outcomes
        where source != 'asp_fluxiae'
    """)
    assert {tuple(row[:4]): row[4] for row in rows} == OUTCOMES


def test_composite_breaks_at_2021_by_eiti_geiq_and_iti(built: Pipeline) -> None:
    composite = _composite(built)
    assert min(composite) == "2017-01"
    assert max(composite) == "2022-03"
    # ACI 1; EITI 2 is in the stock by type, not in the official scope before 2021
    assert composite["2020-12"] == [1, 1, None]
    # ACI 1, EITI 2, GEIQ 2, ITI 18
    assert composite["2021-01"] == [23, 1, None]
    # ACI 1, EI 1, EITI 2, GEIQ 1 (2 departments in 2021-02 only), ITI 1218
    assert composite["2021-04"] == [2 + 2 + 1 + 1218, 2, None]
    # ITI is covered up to 2022-01
    assert composite["2022-02"] == [None, 2, "ITI"]


def test_change_is_like_for_like(built: Pipeline) -> None:
    rows = built.query("""
        select strftime(month, '%Y-%m'), official_change, constant_change, constant_change_percent
        from marts.fct_composite_stock
        where territory_id = 'FR'
            and month in ('2017-12-01', '2018-01-01', '2021-12-01', '2022-01-01', '2022-02-01')
        order by month
    """)
    assert rows == [
        ("2017-12", None, None, None),
        ("2018-01", 0, 0, 0.0),
        ("2021-12", None, 1, 100.0),  # the official scope had other components in 2020-12
        # a year before, ITI had one month of entries out of its 12; constant: 2 against 1
        ("2022-01", None, 1, 100.0),
        ("2022-02", None, 1, 100.0),  # ITI is missing
    ]


def test_without_the_bpi_file_the_official_scope_is_null_from_2021(
    built: Pipeline, tmp_path: Path, compiled_project: CompiledProject
) -> None:
    composite = _composite(_built(tmp_path, compiled_project, has_iti=False))
    whole = _composite(built)
    assert composite.keys() == whole.keys()
    for month, (official, constant, missing) in composite.items():
        assert constant == whole[month][1]
        if month < "2021-01":
            assert (official, missing) == (whole[month][0], None)
        else:
            assert (official, missing) == (None, "ITI")
