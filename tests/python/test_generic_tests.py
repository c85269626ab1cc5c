"""Every generic data test of tests/generic, on a fixture that passes and on one that fails."""

import json
import os
import shutil

import pytest
import yaml

from conftest import PROJECT, run_dbt

TERRITORIES = """
select * from (values
    ('FR', 'national', null), ('R84', 'regional', 'R84'), ('R11', 'regional', 'R11'),
    ('D01', 'departmental', 'R84'), ('D69', 'departmental', 'R84'), ('D75', 'departmental', 'R11'),
    ('NL', 'unlocated', null)
) as territories (territory_id, territory_level, region_id)
"""
COVERAGE = """
select * from (values
    ('ACI', date '2017-01-01', date '2022-01-01'),
    ('GEIQ', date '2021-01-01', null),  -- not loaded
    ('ITI', date '2022-02-01', date '2022-01-01')  -- not begun
) as coverage (structure_type, first_month, last_month)
"""


def months(*rows: tuple[str, str, int | None]) -> str:
    """The SQL of a fixture: rows of territory, month (as 2022-01) and stock, all of type ACI."""
    values = ", ".join(
        f"('{territory}', 'ACI', date '{month}-01', {'null' if stock is None else stock}::bigint)"
        for territory, month, stock in rows
    )
    columns = "territory_id, structure_type, month, stock"
    return f"select * from (values {values}) as cells ({columns})"


def one_month(**stocks: int | None) -> str:
    """The fixture of January 2022, by territory."""
    return months(*((territory, "2022-01", stock) for territory, stock in stocks.items()))


def one_place(**stocks: int) -> str:
    """The fixture of one department, by month written m2022_01."""
    return months(*(("D01", month[1:].replace("_", "-"), stock) for month, stock in stocks.items()))


SUMS = {"keys": ["month"], "territories": "ref('territories')"}
# Of each case: the generic test, the column it is on (if any), its arguments, the fixture, and the
# number of rows that it must find.
CASES: dict[str, tuple[str, str | None, dict[str, object], str, int]] = {
    "one_row_per_key": (
        "unique_combination",
        None,
        {"columns": ["month", "territory_id"]},
        months(("D01", "2022-01", 1), ("D01", "2022-02", 1), ("D02", "2022-01", 1)),
        0,
    ),
    "two_rows_of_a_key": (
        "unique_combination",
        None,
        {"columns": ["month", "territory_id"]},
        months(("D01", "2022-01", 1), ("D01", "2022-01", 2), ("D02", "2022-01", 1)),
        1,
    ),
    "as_many_rows": (
        "equal_row_count",
        None,
        {"compare_model": "ref('territories')"},
        "select range as row_number from range(7)",
        0,
    ),
    "a_row_lost": (
        "equal_row_count",
        None,
        {"compare_model": "ref('territories')"},
        "select range as row_number from range(6)",
        1,
    ),
    "all_rows_counted": (
        "equal_row_count",
        None,
        {"compare_model": "ref('territories')", "sum_of": "nb_rows"},
        "select unnest([5, 2]) as nb_rows",
        0,
    ),
    "a_row_counted_twice": (
        "equal_row_count",
        None,
        {"compare_model": "ref('territories')", "sum_of": "nb_rows"},
        "select unnest([5, 3]) as nb_rows",
        1,
    ),
    "nothing_counted": (
        "equal_row_count",
        None,
        {"compare_model": "ref('territories')", "sum_of": "nb_rows"},
        "select 1 as nb_rows limit 0",
        1,
    ),
    "fives_and_nothing": (
        "multiple_of",
        "stock",
        {"base": 5},
        one_month(D01=10, D69=0, D75=None),
        0,
    ),
    "a_figure_not_rounded": (
        "multiple_of",
        "stock",
        {"base": 5},
        one_month(D01=10, D69=7, D75=5),
        1,
    ),
    "sums_are_right": (
        "sum_of_children",
        "stock",
        SUMS,
        one_month(FR=16, R84=3, R11=8, D01=1, D69=2, D75=8, NL=5),
        0,
    ),
    "a_region_is_not_its_departments": (
        "sum_of_children",
        "stock",
        SUMS,
        one_month(FR=16, R84=4, R11=8, D01=1, D69=2, D75=8, NL=5),
        1,
    ),
    "the_country_lacks_the_unlocated": (
        "sum_of_children",
        "stock",
        SUMS,
        one_month(FR=11, R84=3, R11=8, D01=1, D69=2, D75=8, NL=5),
        1,
    ),
    "a_region_has_no_row": (
        "sum_of_children",
        "stock",
        SUMS,
        one_month(FR=16, R84=3, D01=1, D69=2, D75=8, NL=5),
        1,
    ),
    "a_region_has_no_department": (
        "sum_of_children",
        "stock",
        SUMS,
        one_month(FR=8, R84=3, R11=3, D01=1, D69=2, NL=5),
        1,
    ),
    "empty_everywhere": (
        "sum_of_children",
        "stock",
        SUMS,
        one_month(FR=None, R84=None, R11=None, D01=None, D69=None, D75=None, NL=None),
        0,
    ),
    "one_empty_department_empties_its_sums": (
        "sum_of_children",
        "stock",
        SUMS,
        one_month(FR=15, R84=2, R11=8, D01=None, D69=2, D75=8, NL=5),
        2,
    ),
    "within_the_tolerance": (
        "sum_of_children",
        "stock",
        SUMS | {"tolerance": 2},
        one_month(FR=18, R84=3, R11=8, D01=1, D69=2, D75=8, NL=5),
        0,
    ),
    "beyond_the_tolerance": (
        "sum_of_children",
        "stock",
        SUMS | {"tolerance": 2},
        one_month(FR=19, R84=3, R11=8, D01=1, D69=2, D75=8, NL=5),
        1,
    ),
    "every_month": (
        "no_missing_month",
        "month",
        {"group_by": ["territory_id"]},
        months(("D01", "2021-12", 1), ("D01", "2022-01", 1), ("D02", "2022-01", 1)),
        0,
    ),
    "a_month_missing": (
        "no_missing_month",
        "month",
        {"group_by": ["territory_id"]},
        months(("D01", "2021-12", 1), ("D01", "2022-02", 1), ("D02", "2022-01", 1)),
        1,
    ),
    "a_month_missing_at_the_end_of_the_range": (
        "no_missing_month",
        "month",
        {"group_by": ["structure_type", "territory_id"], "range_by": ["structure_type"]},
        months(("D01", "2021-12", 1), ("D01", "2022-01", 1), ("D02", "2022-01", 1)),
        1,
    ),
    "a_month_missing_in_the_whole": (
        "no_missing_month",
        "month",
        {},
        months(("D01", "2021-12", 1), ("D02", "2022-02", 1)),
        1,
    ),
    "not_a_first_day": (
        "no_missing_month",
        "month",
        {},
        "select unnest([date '2022-01-01', date '2022-02-02']) as month",
        1,
    ),
    "falls_within_the_limit": (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2},
        one_place(m2022_01=100, m2022_02=80, m2022_03=64),
        0,
    ),
    "a_fall_beyond_the_limit": (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2},
        one_place(m2022_01=100, m2022_02=79, m2022_03=79),
        1,
    ),
    "an_excused_fall": (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2, "excused_months": ["2020-03", "2020-04"]},
        one_place(m2020_02=100, m2020_03=70, m2020_04=50),
        0,
    ),
    "a_fall_after_the_excused_months": (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2, "excused_months": ["2020-03"]},
        one_place(m2020_02=100, m2020_03=70, m2020_04=50),
        1,
    ),
    "a_fall_from_too_few": (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2, "min_before": 11},
        one_place(m2022_01=10, m2022_02=1),
        0,
    ),
    "a_fall_after_a_gap_is_not_of_one_month": (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2},
        one_place(m2022_01=100, m2022_03=10),
        0,
    ),
    "still_there": (
        "not_vanished",
        "stock",
        {"group_by": ["territory_id"]},
        months(("D01", "2022-01", 5), ("D01", "2022-02", 1), ("D02", "2022-02", 1)),
        0,
    ),
    "nothing_left": (
        "not_vanished",
        "stock",
        {"group_by": ["territory_id"]},
        months(("D01", "2022-01", 5), ("D01", "2022-02", 0), ("D02", "2022-02", 1)),
        1,
    ),
    "no_row_left": (
        "not_vanished",
        "stock",
        {"group_by": ["territory_id"]},
        months(("D01", "2022-01", 5), ("D02", "2022-01", 1), ("D02", "2022-02", 1)),
        1,
    ),
    "nothing_left_of_too_few": (
        "not_vanished",
        "stock",
        {"group_by": ["territory_id"], "min_before": 6},
        months(("D01", "2022-01", 5), ("D01", "2022-02", 0), ("D02", "2022-02", 1)),
        0,
    ),
    "few_unlocated": (
        "unlocated_share",
        "stock",
        {"keys": ["month"], "max_share": 0.05},
        one_month(FR=100, D01=95, NL=5),
        0,
    ),
    "many_unlocated": (
        "unlocated_share",
        "stock",
        {"keys": ["month"], "max_share": 0.05},
        one_month(FR=100, D01=94, NL=6),
        1,
    ),
    "many_unlocated_of_too_few": (
        "unlocated_share",
        "stock",
        {"keys": ["month"], "max_share": 0.05, "min_total": 101},
        one_month(FR=100, D01=94, NL=6),
        0,
    ),
    "types_loaded_and_begun_are_there": (
        "type_present_in_last_month",
        "stock",
        {"coverage": "ref('coverage')"},
        months(("D01", "2021-12", 1), ("D01", "2022-01", 1)),
        0,
    ),
    "a_type_ends_a_month_early": (
        "type_present_in_last_month",
        "stock",
        {"coverage": "ref('coverage')"},
        months(("D01", "2021-12", 1), ("D01", "2022-01", 0)),
        1,
    ),
    "a_type_has_no_row_at_all": (
        "type_present_in_last_month",
        "stock",
        {"coverage": "ref('coverage')"},
        months(("D01", "2021-12", 1)),
        1,
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Rows found by each test, by fixture, from one dbt build of a scratch project."""
    project = tmp_path_factory.mktemp("generic")
    shutil.copytree(PROJECT / "tests" / "generic", project / "tests" / "generic")
    (project / "models").mkdir()
    models = []
    for name, (test, column, arguments, sql, _) in CASES.items():
        (project / "models" / f"{name}.sql").write_text(sql)
        tests = [{test: {"name": f"of_{name}", "arguments": arguments}}]
        models.append(
            {"name": name, "columns": [{"name": column, "data_tests": tests}]}
            if column
            else {"name": name, "data_tests": tests}
        )
    for name, sql in (("territories", TERRITORIES), ("coverage", COVERAGE)):
        (project / "models" / f"{name}.sql").write_text(sql)
    files: dict[str, object] = {
        "models/models.yml": {"version": 2, "models": models},
        "dbt_project.yml": {
            "name": "generic",
            "version": "1.0.0",
            "profile": "generic",
            "flags": {"send_anonymous_usage_stats": False},
        },
        "profiles.yml": {
            "generic": {
                "target": "memory",
                "outputs": {"memory": {"type": "duckdb", "path": ":memory:", "threads": 1}},
            }
        },
    }
    for file, content in files.items():
        (project / file).write_text(yaml.safe_dump(content))
    folders = {
        "DBT_PROFILES_DIR": str(project),
        "DBT_TARGET_PATH": str(project / "target"),
        "DBT_LOG_PATH": str(project / "logs"),
    }
    _, printed = run_dbt(["--quiet", "build", "--project-dir", str(project)], os.environ | folders)
    results = project / "target" / "run_results.json"
    assert results.exists(), printed
    nodes = {
        result["unique_id"].split(".")[2]: result
        for result in json.loads(results.read_text())["results"]
        if result["unique_id"].startswith("test.")
    }
    assert all(result["status"] in ("pass", "fail") for result in nodes.values()), printed
    return {name.removeprefix("of_"): result["failures"] for name, result in nodes.items()}


@pytest.mark.parametrize("name", CASES)
def test_finds(name: str, found: dict[str, int]) -> None:
    assert found[name] == CASES[name][4]


def test_every_generic_test_passes_and_fails_somewhere() -> None:
    outcomes = {(test, rows > 0) for test, _, _, _, rows in CASES.values()}
    for file in (PROJECT / "tests" / "generic").glob("*.sql"):
        assert {(file.stem, True), (file.stem, False)} <= outcomes, file.name
