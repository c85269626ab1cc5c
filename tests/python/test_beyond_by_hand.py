"""One drop, one case after the other, and every figure beside the stock computed from it by hand.

Nearly every case has a department of its own, so that its cells are its own. The extracts are dated
28 February 2022, the last day of a month: they cover up to February 2022.
"""

from __future__ import annotations

import duckdb
import pytest

from by_hand import built_by_hand, write_iti
from compiled_project import CompiledProject
from conftest import Pipeline
from iae.explain import explain
from iae.explain.rows import Rows

DROP = {
    # Each structure is in the department that its id names; `nowhere` is in no row.
    "structure": """
54||54395
55||55545
57||57463
88||88160
01||01053
69||69123
2A||2A004
33||33063
59||59350
35||35238
35b||35238
35c||35238
976||97608
""",
    # id|structure|measure|number|renewal|modification|state|start|end
    "annexe_financiere": """
1|35|AI_DC|AI035210001|0|0|VALIDE|01/01/2021|
2|35b|AI_DC|AI035210002|0|0|VALIDE|01/01/2021|30/06/2021
3|35c|AI_DC|AI035210003|0|0|CLOTURE|01/01/2021|29/06/2021
4|976|AI_DC|AI976210001|0|0|VALIDE|01/01/2021|
5|35b|ACI_DC|ACI035210001|0|0|PROVISOIRE|15/03/2021|31/03/2021 10:00:00
6|35b|ACI_DC|ACI035210002|0|0|BROUILLON|01/01/2021|
7|35c|EI_DC|EI035210001|0|0|VALIDE||31/12/2021
|35c|ETTI_DC|ETTI035210001|0|0|VALIDE|01/02/2022|n.c.
""",
    # Persons 401 and 402 are one.
    "salarie": """
401|185072A395001|01/01/2020|PAOLI
402|185072A395001|01/01/2020|PAOLI
""",
    # id|person|structure|measure|start|end
    "contrat_mission": """
1|101|54|ACI_DC|01/01/2021|28/02/2021
2|101|54|ACI_DC|01/04/2021|30/04/2021
3|102|57|ACI_DC|01/01/2020|31/01/2020
4|102|57|ACI_DC|01/01/2021|31/01/2021
5|103|55|ACI_DC|01/01/2020|31/01/2020
6|103|55|ACI_DC|01/02/2021|28/02/2021
7|104|88|ACI_DC|01/01/2020|31/01/2020
8|104|88|ACI_DC|01/03/2021|31/03/2021
9|201|01|ACI_DC|01/01/2021|28/02/2021
10|201|69|ACI_DC|01/03/2021|30/04/2021
11|401|2A|ACI_DC|01/05/2021|31/05/2021
12|402|2A|EI_DC|01/05/2021|30/06/2021
13|501|33|ACI_DC|01/06/2016|31/01/2017
14|601|59|EITI_DC|01/06/2019|31/12/2020
15|701||ACI_DC|01/02/2022|
16|303|35b|AI_DC|01/01/2021|
""",
    # id|person|annex|contract|month|year|state|hours
    "etat_mensuel_indiv": """
1|301|1||1|2021|VALIDE|2
2|301|1||2|2021|VALIDE|0
3|301|1||3|2021|VALIDE|0
4|301|2||3|2021|VALIDE|5
5|302|1||4|2021|BROUILLON|5
6|301|6||3|2021|VALIDE|10
7|303|99|16|5|2021|VALIDE|7
8|302|4||5|2021|VALIDE|7
9|302|2||13|2021|VALIDE|7
""",
}

ITI = [
    ("2021-01", "Auvergne-Rhône-Alpes", "Ain", "ADIE", 3),
    ("2021-03", "Auvergne-Rhône-Alpes", "Ain", "ADIE", 2),
    ("2022-01", "Auvergne-Rhône-Alpes", "Ain", "ADIE", 1),
]


# Entries, exits and returns of every cell of a department where somebody moves.
FLOWS = {
    # Away for one month.
    ("2021-01", "D54", "ACI"): (1, 0, 0),
    ("2021-03", "D54", "ACI"): (0, 1, 0),
    ("2021-04", "D54", "ACI"): (1, 0, 1),
    ("2021-05", "D54", "ACI"): (0, 1, 0),
    # There twelve months before, and back.
    ("2020-01", "D57", "ACI"): (1, 0, 0),
    ("2020-02", "D57", "ACI"): (0, 1, 0),
    ("2021-01", "D57", "ACI"): (1, 0, 1),
    ("2021-02", "D57", "ACI"): (0, 1, 0),
    # Away for twelve months: nobody looks back that far.
    ("2020-01", "D55", "ACI"): (1, 0, 0),
    ("2020-02", "D55", "ACI"): (0, 1, 0),
    ("2021-02", "D55", "ACI"): (1, 0, 0),
    ("2021-03", "D55", "ACI"): (0, 1, 0),
    # Away for thirteen months.
    ("2020-01", "D88", "ACI"): (1, 0, 0),
    ("2020-02", "D88", "ACI"): (0, 1, 0),
    ("2021-03", "D88", "ACI"): (1, 0, 0),
    ("2021-04", "D88", "ACI"): (0, 1, 0),
    # Moves to another department of the same region.
    ("2021-01", "D01", "ACI"): (1, 0, 0),
    ("2021-03", "D01", "ACI"): (0, 1, 0),
    ("2021-03", "D69", "ACI"): (1, 0, 0),
    ("2021-05", "D69", "ACI"): (0, 1, 0),
    # One person in two types.
    ("2021-05", "D2A", "ACI"): (1, 0, 0),
    ("2021-06", "D2A", "ACI"): (0, 1, 0),
    ("2021-05", "D2A", "EI"): (1, 0, 0),
    ("2021-07", "D2A", "EI"): (0, 1, 0),
    # There in the first month: only the exit is known, and not yet who returns.
    ("2017-02", "D33", "ACI"): (0, 1, None),
    ("2021-01", "D59", "EITI"): (0, 1, 0),
    # A structure without an id is nowhere.
    ("2022-02", "NL", "ACI"): (1, 0, 0),
    # 301 in January, in February without hours, in March with those of another structure.
    ("2021-01", "D35", "AI"): (1, 0, 0),
    ("2021-02", "D35", "AI"): (0, 1, 0),
    ("2021-03", "D35", "AI"): (1, 0, 1),
    ("2021-04", "D35", "AI"): (0, 1, 0),
    ("2021-05", "D35", "AI"): (1, 0, 0),
    ("2021-06", "D35", "AI"): (0, 1, 0),
    # What entered in January 2021 leaves the window a year later.
    ("2021-03", "D01", "ITI"): (2, 0, None),
    ("2022-01", "D01", "ITI"): (1, 3, None),
}

PEOPLE = {
    (2020, "D57", "ACI"): 1,
    (2020, "D55", "ACI"): 1,
    (2020, "D88", "ACI"): 1,
    (2020, "R44", "ACI"): 3,
    (2020, "FR", "ACI"): 3,
    (2021, "D54", "ACI"): 1,
    (2021, "D57", "ACI"): 1,
    (2021, "D55", "ACI"): 1,
    (2021, "D88", "ACI"): 1,
    (2021, "R44", "ACI"): 4,
    # Who moves is one person of each department, one of the region, one of the country.
    (2021, "D01", "ACI"): 1,
    (2021, "D69", "ACI"): 1,
    (2021, "R84", "ACI"): 1,
    (2021, "D2A", "ACI"): 1,
    (2021, "R94", "ACI"): 1,
    (2021, "FR", "ACI"): 6,
    (2021, "D2A", "EI"): 1,
    (2021, "R94", "EI"): 1,
    (2021, "FR", "EI"): 1,
    (2021, "D35", "AI"): 2,
    (2021, "R53", "AI"): 2,
    (2021, "FR", "AI"): 2,
    (2017, "D33", "ACI"): 1,
    (2017, "R75", "ACI"): 1,
    (2017, "FR", "ACI"): 1,
    (2022, "NL", "ACI"): 1,
    (2022, "FR", "ACI"): 1,
    (2019, "D59", "EITI"): 1,
    (2019, "R32", "EITI"): 1,
    (2019, "FR", "EITI"): 1,
    (2020, "D59", "EITI"): 1,
    (2020, "R32", "EITI"): 1,
    (2020, "FR", "EITI"): 1,
}
# In the constant scope: those of ACI, of AI, and nobody more for EI.
PEOPLE |= {
    (year, territory, "constant"): nb_people
    for (year, territory, component), nb_people in PEOPLE.items()
    if component in ("ACI", "AI") and territory != "FR"
}
PEOPLE |= {
    (2017, "FR", "constant"): 1,
    (2020, "FR", "constant"): 3,
    (2021, "FR", "constant"): 8,
    (2022, "FR", "constant"): 1,
}

# One structure each, but for AI in March 2021. None where the row names none.
STRUCTURES_BY_HAND = {
    (one, department, structure_type): (1,)
    for department, structure_type, months in (
        ("D54", "ACI", "2021-01 2021-02 2021-04"),
        ("D57", "ACI", "2020-01 2021-01"),
        ("D55", "ACI", "2020-01 2021-02"),
        ("D88", "ACI", "2020-01 2021-03"),
        ("D01", "ACI", "2021-01 2021-02"),
        ("D69", "ACI", "2021-03 2021-04"),
        ("D2A", "ACI", "2021-05"),
        ("D2A", "EI", "2021-05 2021-06"),
        ("D33", "ACI", "2017-01"),
        ("D59", "EITI", "2019-12 " + " ".join(f"2020-{number:02}" for number in range(1, 13))),
        ("D35", "AI", "2021-01 2021-05"),
    )
    for one in months.split()
} | {("2021-03", "D35", "AI"): (2,)}

# Expected and declared: 35 without an end, 35b until the last of June, 35c until the day before it.
DECLARATIONS = {
    ("2021-01", "D35", "AI"): (3, 1),
    ("2021-02", "D35", "AI"): (3, 1),  # a state with no hours declares
    ("2021-03", "D35", "AI"): (3, 2),
    ("2021-04", "D35", "AI"): (3, 0),  # a draft does not
    ("2021-05", "D35", "AI"): (3, 1),  # by the contract, where the annex is missing
    ("2021-06", "D35", "AI"): (2, 0),
    **{(f"2021-{number:02}", "D35", "AI"): (1, 0) for number in range(7, 13)},
    ("2022-01", "D35", "AI"): (1, 0),
    ("2022-02", "D35", "AI"): (1, 0),
    # The state hangs on an annex that is not accepted, another one makes the structure expected.
    ("2021-03", "D35", "ACI"): (1, 1),
    # An annex without an id, whose end cannot be read.
    ("2022-02", "D35", "ETTI"): (1, 0),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, compiled_project: CompiledProject) -> Pipeline:
    """The hand-made drop, loaded, built and tested."""
    folder = tmp_path_factory.mktemp("beyond")
    write_iti(folder / "drop", "20220228", ITI)
    return built_by_hand(folder, compiled_project, "28022022_063000", **DROP)


OF_DEPARTMENTS = "territory_id[1] in ('D', 'N')"
CELL = "strftime(month, '%Y-%m'), territory_id, structure_type"
# Who moves within a region leaves and enters there too.
FLOWS_OF_A_REGION = {
    ("2021-01", "R84", "ACI"): (1, 0, 0),
    ("2021-03", "R84", "ACI"): (1, 1, 0),
    ("2021-05", "R84", "ACI"): (0, 1, 0),
}
# Of each mart: the key of its rows, their figures, and which rows those are that are not zero.
FIGURES = {
    "flows of departments": (
        f"{CELL}, entries, exits, returns from marts.fct_flows_by_structure_type"
        f" where {OF_DEPARTMENTS} and (entries > 0 or exits > 0)",
        FLOWS,
    ),
    "flows of a region": (
        f"{CELL}, entries, exits, returns from marts.fct_flows_by_structure_type"
        " where territory_id = 'R84' and structure_type = 'ACI' and (entries > 0 or exits > 0)",
        FLOWS_OF_A_REGION,
    ),
    "people": (
        "year, territory_id, component, nb_people from marts.fct_people_by_year"
        " where nb_people > 0",
        {key: (nb_people,) for key, nb_people in PEOPLE.items()},
    ),
    "structures": (
        f"{CELL}, nb_structures from marts.fct_structures_by_structure_type"
        f" where {OF_DEPARTMENTS} and nb_structures > 0",
        STRUCTURES_BY_HAND,
    ),
    "declarations": (
        f"{CELL}, nb_expected, nb_declared from marts.fct_declarations"
        f" where {OF_DEPARTMENTS} and nb_expected > 0",
        DECLARATIONS,
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_those_found_by_hand(built: Pipeline, name: str) -> None:
    columns, expected = FIGURES[name]
    assert {row[:3]: row[3:] for row in built.query(f"select {columns}")} == expected


def test_flows_are_unknown_in_the_first_months(built: Pipeline) -> None:
    rows = built.query(
        "select structure_type, max(text) filter (where entries is null),"
        " max(text) filter (where exits is null), max(text) filter (where returns is null)"
        " from (select *, strftime(month, '%Y-%m') as text from marts.fct_flows_by_structure_type)"
        " group by all"
    )
    since_2017 = ("2017-01", "2017-01", "2017-12")
    assert {row[0]: row[1:] for row in rows} == {
        **dict.fromkeys(("ACI", "AI", "EI", "ETTI"), since_2017),
        "EITI": ("2019-12", "2019-12", "2020-11"),
        "ITI": ("2021-01", "2021-01", "2022-02"),
    }


def test_every_covered_year_of_every_component_has_its_rows(built: Pipeline) -> None:
    rows = built.query(
        "select component, year, nb_months, is_provisional, count(*)"
        " from marts.fct_people_by_year group by all"
    )
    # 119 territories. ACI, EI and EITI: the last 6 months are provisional; AI and ETTI: the last 7.
    expected = {
        (name, year, 2 if year == 2022 else 12, year >= 2021, 119)
        for name in ("ACI", "AI", "EI", "ETTI", "constant")
        for year in range(2017, 2023)
    }
    expected |= {("EITI", 2019, 1, False, 119), ("EITI", 2020, 12, False, 119)}
    expected |= {("EITI", 2021, 12, True, 119), ("EITI", 2022, 2, True, 119)}
    assert set(rows) == expected


def test_rate_is_of_the_structures_expected(built: Pipeline) -> None:
    rows = built.query(
        "select territory_id, declaration_rate from marts.fct_declarations"
        " where month = date '2021-03-01' and structure_type = 'AI'"
        " and territory_id in ('D35', 'R53', 'FR', 'D54')"
    )
    assert dict(rows) == {"D35": 2 / 3, "R53": 2 / 3, "FR": 2 / 3, "D54": None}


def test_explained_rows_and_structures_are_those_found_by_hand(built: Pipeline) -> None:
    """March 2021 in the Ille-et-Vilaine: one person, in two structures, in one without hours."""
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        told = explain(connection, "ai", "Ille-et-Vilaine", "2021-03")
    assert told.rows == [
        Rows("AI", "ContratMission", "excluded", "measured_from_monthly_states", 1, 1),
        Rows("AI", "EtatMensuelIndiv", "counted", None, 2, 1),
    ]
    assert told.nb_people == told.figure.stock == 1
    assert (told.figure.entries, told.figure.exits, told.figure.returns) == (1, 0, 1)
    assert (told.figure.nb_expected, told.figure.nb_declared) == (3, 2)
    assert told.month_before.stock == 0
    # State 9 is of month 13, contract 16 has its dates.
    assert told.in_no_cell.nb_without_month == 1
    assert {(one.structure_id, one.located_by, one.nb_people) for one in told.structures} == {
        ("35", "admin_commune", 1),
        ("35b", "admin_commune", 1),
    }


def test_excluded_contract_belongs_to_the_months_in_which_it_would_run(built: Pipeline) -> None:
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        before, since = (explain(connection, "AI", "35", month) for month in ("2020-12", "2022-02"))
    assert before.rows == []
    assert [(one.reason, one.nb_rows) for one in since.rows] == [
        ("measured_from_monthly_states", 1)
    ]
