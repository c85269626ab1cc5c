"""Every generic data test of tests/generic, on a fixture that passes and on one that fails."""

import duckdb
import pytest
from jinja2 import Environment

from conftest import PROJECT

TERRITORIES = """(
select * from (values
    ('FR', 'national', null), ('R84', 'regional', 'R84'), ('R11', 'regional', 'R11'),
    ('D01', 'departmental', 'R84'), ('D69', 'departmental', 'R84'), ('D75', 'departmental', 'R11'),
    ('NL', 'unlocated', null)
) as territories (territory_id, territory_level, region_id)
)"""
COVERAGE = """(
select * from (values
    ('ACI', date '2017-01-01', date '2022-01-01'),
    ('GEIQ', date '2021-01-01', null),  -- not loaded
    ('ITI', date '2022-02-01', date '2022-01-01')  -- not begun
) as coverage (structure_type, first_month, last_month)
)"""


def cells(rows: str) -> str:
    """The SQL of rows of ACI, each as territory, month (January 2022 unless it is said), stock."""
    values = ", ".join(
        f"('{territory}', 'ACI', date '{month[0] if month else '2022-01'}-01', {stock}::bigint)"
        for territory, *month, stock in map(str.split, rows.split(","))
    )
    columns = "territory_id, structure_type, month, stock"
    return f"select * from (values {values}) as cells ({columns})"


# Each generic test, the column it is on (if any) and its arguments; of each fixture, its cells or
# its SQL, and the number of rows that the test must find.
CHECKS: list[tuple[str, str | None, dict[str, object], dict[str, tuple[str, int]]]] = [
    (
        "unique_combination",
        None,
        {"columns": ["month", "territory_id"]},
        {
            "one_row_per_key": ("D01 2022-01 1, D01 2022-02 1, D02 2022-01 1", 0),
            "two_rows_of_a_key": ("D01 2022-01 1, D01 2022-01 2, D02 2022-01 1", 1),
        },
    ),
    (
        "equal_row_count",
        None,
        {"compare_model": TERRITORIES},
        {
            "as_many_rows": ("select range as row_number from range(7)", 0),
            "a_row_lost": ("select range as row_number from range(6)", 1),
        },
    ),
    (
        "equal_row_count",
        None,
        {"compare_model": TERRITORIES, "sum_of": "nb_rows"},
        {
            "all_rows_counted": ("select unnest([5, 2]) as nb_rows", 0),
            "a_row_counted_twice": ("select unnest([5, 3]) as nb_rows", 1),
            "nothing_counted": ("select 1 as nb_rows limit 0", 1),
        },
    ),
    (
        "multiple_of",
        "stock",
        {"base": 5},
        {
            "fives_and_nothing": ("D01 10, D69 0, D75 null", 0),
            "a_figure_not_rounded": ("D01 10, D69 7, D75 5", 1),
        },
    ),
    (
        "sum_of_children",
        "stock",
        {"keys": ["month"], "territories": TERRITORIES},
        {
            "sums_are_right": ("FR 16, R84 3, R11 8, D01 1, D69 2, D75 8, NL 5", 0),
            "a_region_is_not_its_departments": (
                "FR 16, R84 4, R11 8, D01 1, D69 2, D75 8, NL 5",
                1,
            ),
            "the_country_lacks_the_unlocated": (
                "FR 11, R84 3, R11 8, D01 1, D69 2, D75 8, NL 5",
                1,
            ),
            "a_region_has_no_row": ("FR 16, R84 3, D01 1, D69 2, D75 8, NL 5", 1),
            "a_region_has_no_department": ("FR 8, R84 3, R11 3, D01 1, D69 2, NL 5", 1),
            "empty_everywhere": (
                "FR null, R84 null, R11 null, D01 null, D69 null, D75 null, NL null",
                0,
            ),
            "one_empty_department_empties_its_sums": (
                "FR 15, R84 2, R11 8, D01 null, D69 2, D75 8, NL 5",
                2,
            ),
        },
    ),
    (
        "no_missing_month",
        "month",
        {"group_by": ["territory_id"]},
        {
            "every_month": ("D01 2021-12 1, D01 2022-01 1, D02 2022-01 1", 0),
            "a_month_missing": ("D01 2021-12 1, D01 2022-02 1, D02 2022-01 1", 1),
        },
    ),
    (
        "no_missing_month",
        "month",
        {"group_by": ["structure_type", "territory_id"], "range_by": ["structure_type"]},
        {
            "a_month_missing_at_the_end_of_the_range": (
                "D01 2021-12 1, D01 2022-01 1, D02 2022-01 1",
                1,
            ),
        },
    ),
    (
        "no_missing_month",
        "month",
        {},
        {
            "a_month_missing_in_the_whole": ("D01 2021-12 1, D02 2022-02 1", 1),
            "not_a_first_day": (
                "select unnest([date '2022-01-01', date '2022-02-02']) as month",
                1,
            ),
        },
    ),
    (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2},
        {
            "falls_within_the_limit": ("D01 2022-01 100, D01 2022-02 80, D01 2022-03 64", 0),
            "a_fall_beyond_the_limit": ("D01 2022-01 100, D01 2022-02 79, D01 2022-03 79", 1),
            "a_fall_after_a_gap_is_not_of_one_month": ("D01 2022-01 100, D01 2022-03 10", 0),
        },
    ),
    (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2, "excused_months": ["2020-03", "2020-04"]},
        {"an_excused_fall": ("D01 2020-02 100, D01 2020-03 70, D01 2020-04 50", 0)},
    ),
    (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2, "excused_months": ["2020-03"]},
        {"a_fall_after_the_excused_months": ("D01 2020-02 100, D01 2020-03 70, D01 2020-04 50", 1)},
    ),
    (
        "month_on_month_fall",
        "stock",
        {"group_by": ["territory_id"], "max_fall": 0.2, "min_before": 11},
        {"a_fall_from_too_few": ("D01 2022-01 10, D01 2022-02 1", 0)},
    ),
    (
        "not_vanished",
        "stock",
        {"group_by": ["territory_id"]},
        {
            "still_there": ("D01 2022-01 5, D01 2022-02 1, D02 2022-02 1", 0),
            "nothing_left": ("D01 2022-01 5, D01 2022-02 0, D02 2022-02 1", 1),
            "no_row_left": ("D01 2022-01 5, D02 2022-01 1, D02 2022-02 1", 1),
        },
    ),
    (
        "not_vanished",
        "stock",
        {"group_by": ["territory_id"], "min_before": 6},
        {"nothing_left_of_too_few": ("D01 2022-01 5, D01 2022-02 0, D02 2022-02 1", 0)},
    ),
    (
        "unlocated_share",
        "stock",
        {"keys": ["month"], "max_share": 0.05},
        {
            "few_unlocated": ("FR 100, D01 95, NL 5", 0),
            "many_unlocated": ("FR 100, D01 94, NL 6", 1),
        },
    ),
    (
        "unlocated_share",
        "stock",
        {"keys": ["month"], "max_share": 0.05, "min_total": 101},
        {"many_unlocated_of_too_few": ("FR 100, D01 94, NL 6", 0)},
    ),
    (
        "type_present_in_last_month",
        "stock",
        {"coverage": COVERAGE},
        {
            "types_loaded_and_begun_are_there": ("D01 2021-12 1, D01 2022-01 1", 0),
            "a_type_ends_a_month_early": ("D01 2021-12 1, D01 2022-01 0", 1),
            "a_type_has_no_row_at_all": ("D01 2021-12 1", 1),
        },
    ),
]


CASES = [
    pytest.param(test, column, arguments, fixture, rows, id=name)
    for test, column, arguments, fixtures in CHECKS
    for name, (fixture, rows) in fixtures.items()
]


@pytest.mark.parametrize(("test", "column", "arguments", "fixture", "rows"), CASES)
def test_finds(
    test: str, column: str | None, arguments: dict[str, object], fixture: str, rows: int
) -> None:
    """The SQL of a generic test, rendered as dbt does, run on the fixture."""
    text = (PROJECT / "tests" / "generic" / f"{test}.sql").read_text()
    macro = text.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
    model = fixture if fixture.startswith("select") else cells(fixture)
    given = (
        arguments | {"model": f"({model}) as model"} | ({"column_name": column} if column else {})
    )
    sql = Environment().from_string(f"{macro}{{{{ {test}(**given) }}}}").render(given=given)  # noqa: S701
    assert len(duckdb.execute(sql).fetchall()) == rows


def test_every_generic_test_passes_and_fails_somewhere() -> None:
    outcomes = {
        (test, rows > 0) for test, _, _, fixtures in CHECKS for _, rows in fixtures.values()
    }
    for file in (PROJECT / "tests" / "generic").glob("*.sql"):
        assert {(file.stem, True), (file.stem, False)} <= outcomes, file.name
