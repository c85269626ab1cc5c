"""A FluxIAE drop of one row for every rule and reason, and the stock computed from it by hand.

The extract is dated 28 February 2021, the last day of a month: it covers up to February 2021.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from by_hand import built_by_hand
from compiled_project import CompiledProject
from conftest import Pipeline

DROP = {
    "structure": """
10||54395||||||LES JARDINS "DU COIN
20||75056|||01/01/2020
20|2000|99132|||02/01/2020
30
40|97600
50|XX|99132
70|||6088|06088
""",
    "annexe_financiere": """
1|10|ACI_DC|ACI054200001|0|0|VALIDE|01/01/2020
2|10|AI_DC|AI054200001|0|0|VALIDE|01/01/2020
2|10|ACI_DC|AI054200001|0|1|HISTORISE|01/01/2020
3|30|ETTI_DC|ETTI59L201001|0|0|PROVISOIRE|01/01/2020
4|10|AI_DC|AI054200002|0|0|BROUILLON|01/01/2020
5|10|FDI_DC|FDI054200003|0|0|VALIDE|01/01/2020
6|10|ZZZ_DC|ZZZ054200004|0|0|VALIDE|01/01/2020
7|40|AI_DC|AI976200001|0|0|VALIDE|01/01/2020
8|60|AI_DC|AI02A201001|0|0|CLOTURE|01/01/2020
9|50|AI_DC|AI99A200001|0|0|VALIDE|01/01/2020
""",
    # 101, 102 and 105 are one person, 106 and 107 another; 103 and 104 have no usable number.
    "salarie": """
101|185075439500123|01/01/2020|QUENNEVILLE
102|1 85 07 54 395 001|01/01/2020|QUENNEVILLE
103|0850754395001|01/01/2020|PETIT
104|1111111111111|01/01/2020|DURAND
105|185075439500123|01/01/2020|QUENNEVILLE
105|185|01/01/2021|QUENNEVILLE
106|2900699100042|01/01/2020|TREHOUART
106|290062a100042|02/01/2020|TREHOUART
107|290062A10004255|01/01/2020|TREHOUART
""",
    "contrat_mission": """
1|101|10|ACI_DC|15/01/2021|15/03/2021
2|102|10|ACI_DC|01/01/2021|28/02/2021
3|103|10|ACI_MP|01/02/2021 08:00:00
4|106|70|EI_DC|01/12/2020|31/12/2021|30/01/2021
5|107|20|EI_DC|31/12/2020|31/12/2020
6|104|10|ACI_DC|01/01/2021|||02/01/2021
6|104|10|ACI_DC|01/01/2019|||01/01/2021
7|104|10|ACI_DC|01/01/2019|||01/01/2021
7|104|10|ACI_DC|not yet|||01/01/2021
8|104|10|ZZZ_DC|01/01/2019
9|104|10|FDI_DC|01/01/2019
10|108|10|AI_DC|01/01/2019
11|104|10|ACI_DC|2019-01-05
12|104|10|ACI_DC|01/02/2019|31/01/2019
13|104|40|ACI_DC|01/01/2019
14|104|10|ACI_DC|02/02/2019|27/02/2019
15|108|50|EITI_DC|01/10/2019|15/11/2019
16|108|50|EITI_DC|01/10/2019|31/12/2019
17|104|10|ACI_DC|01/03/2021
18|104|10|ACI_DC|01/01/2019|31/01/2019|n/a
""",
    "etat_mensuel_indiv": """
1|101|2||1|2021|VALIDE|0.5
2|102|2||01|2021|SAISI|.5
3|103|2||1|2021|DEBLOQUE|0.9
4|104|2||1|2021|VALIDE|1e3
5|104|2||1|2021|VALIDE|10|01/02/2021 10:00:00
5|104|2||1|2021|BROUILLON|10|01/02/2021 11:00:00
6|104|2||13|2021|VALIDE|10
7|104|2||1|20x1|VALIDE|10
8|104|2||12|2016|VALIDE|10
9|104|2||3|2021|VALIDE|10
10|104|999|999|1|2021|VALIDE|10
11|108|999|10|2|2021|VALIDE|5
12|108|999|14|2|2021|VALIDE|5
13|108|4||2|2021|VALIDE|5
14|108|6||2|2021|VALIDE|5
15|108|5||2|2021|VALIDE|5
16|108|1||2|2021|VALIDE|5
17|108|7||2|2021|VALIDE|5
18|106|3||1|2021|VALIDE|20
19|107|3||1|2021|VALIDE|0
20|105|8||2|2021|VALIDE|151.67
21|103|9||2|2021|VALIDE|2
22|106|2|14|2|2021|VALIDE|1
|109|2||2|2021|VALIDE|3
|110|2||2|2021|VALIDE|3
""",
}

JANUARY, FEBRUARY = date(2021, 1, 1), date(2021, 2, 1)
STOCK_BY_HAND = {
    # Contracts 1 and 2 are one person; 6 is the row modified last.
    (JANUARY, "D54", "ACI"): 2,
    # ... and contract 3, without an end.
    (FEBRUARY, "D54", "ACI"): 3,
    # One person in two departments counts in each; the final exit of contract 4 holds.
    (date(2020, 12, 1), "D06", "EI"): 1,
    (date(2020, 12, 1), "D02", "EI"): 1,
    # EITI begins in December 2019; the structure is nowhere.
    (date(2019, 12, 1), "NL", "EITI"): 1,
    # Half an hour under two ids of one person.
    (JANUARY, "D54", "AI"): 1,
    # 108 by its contract, 106 by the annex, 109 and 110 without an id of state.
    (FEBRUARY, "D54", "AI"): 4,
    (FEBRUARY, "D2A", "AI"): 1,
    (FEBRUARY, "NL", "AI"): 1,
    (JANUARY, "D59", "ETTI"): 1,
}
REGIONS = {"D54": "R44", "D06": "R93", "D02": "R32", "D2A": "R94", "D59": "R32"}

CONTRACT_OUTCOMES = {
    None: 7,  # 1 to 6, 16
    "duplicate_row": 2,
    "unknown_measure": 1,
    "measure_outside_indicator": 1,
    "measured_from_monthly_states": 1,
    "invalid_dates": 4,  # 7, 11, 12, 18
    "outside_coverage": 1,
    "never_present_on_a_last_day": 3,  # 14, 15, 17
}
STATE_OUTCOMES = {
    None: 10,  # 1, 2, 11, 18 to 22, and the two without an id
    "duplicate_row": 1,
    "state_not_accepted": 1,
    "invalid_month": 2,
    "outside_period": 2,
    "unknown_annex": 1,
    "annex_state_not_accepted": 1,
    "unknown_measure": 1,
    "measure_outside_indicator": 1,
    "measured_from_contracts": 2,
    "outside_coverage": 1,
    "under_one_hour": 2,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, compiled_project: CompiledProject) -> Pipeline:
    """The hand-made drop, loaded, built and tested."""
    folder = tmp_path_factory.mktemp("by_hand")
    return built_by_hand(folder, compiled_project, "28022021_063000", **DROP)


def test_stock_is_the_one_computed_by_hand(built: Pipeline) -> None:
    expected = Counter(STOCK_BY_HAND)
    for (month, territory, structure_type), stock in STOCK_BY_HAND.items():
        expected[month, "FR", structure_type] += stock
        if territory in REGIONS:
            expected[month, REGIONS[territory], structure_type] += stock
    cells = built.query(
        "select month, territory_id, structure_type, stock"
        " from marts.fct_stock_by_structure_type where stock > 0"
    )
    assert {cell[:3]: cell[3] for cell in cells} == expected


def test_every_covered_cell_has_a_row_and_the_last_months_are_provisional(built: Pipeline) -> None:
    rows = built.query(
        "select structure_type, min(month), max(month), count(*),"
        " min(month) filter (where is_provisional)"
        " from marts.fct_stock_by_structure_type group by all"
    )
    # 119 territories: the country, 17 regions, 100 departments, NL. Of EI, ACI and EITI the last 6
    # months are provisional, of AI and ETTI the last 7.
    since_2017 = (date(2017, 1, 1), FEBRUARY, 50 * 119)
    assert {row[0]: row[1:] for row in rows} == {
        "ACI": (*since_2017, date(2020, 9, 1)),
        "AI": (*since_2017, date(2020, 8, 1)),
        "EI": (*since_2017, date(2020, 9, 1)),
        "ETTI": (*since_2017, date(2020, 8, 1)),
        "EITI": (date(2019, 12, 1), FEBRUARY, 15 * 119, date(2020, 9, 1)),
    }


@pytest.mark.parametrize(
    ("table", "outcomes"),
    [("ContratMission", CONTRACT_OUTCOMES), ("EtatMensuelIndiv", STATE_OUTCOMES)],
)
def test_every_row_ends_in_the_outcome_found_by_hand(
    built: Pipeline, table: str, outcomes: dict[str | None, int]
) -> None:
    rows = built.query(
        "select reason, outcome, nb_rows from marts.audit_row_outcomes"
        f" where source = 'asp_fluxiae' and source_table = '{table}'"
    )
    assert {reason: nb_rows for reason, _, nb_rows in rows} == outcomes
    assert all((outcome == "counted") == (reason is None) for reason, outcome, _ in rows)


def test_no_name_and_no_number_is_in_the_warehouse(built: Pipeline) -> None:
    stored = built.warehouse.read_bytes()
    for secret in (b"QUENNEVILLE", b"TREHOUART", b"1850754395001", b"290062A100042"):
        assert secret not in stored
