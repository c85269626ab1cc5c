"""The analyses, compiled and run on the real editions of the published series and on the sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from compiled_project import CompiledProject
from conftest import REAL_DATA, REAL_EDITIONS, Pipeline

Analysed = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def analysed(published_sample: Pipeline, compiled_project: CompiledProject) -> Analysed:
    """The rows of an analysis on a file, else on the published file of the sample."""

    def run(name: str, path: Path = published_sample.published) -> list[dict[str, Any]]:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.sql(compiled_project.analysis(name)).pl().to_dicts()

    return run


@pytest.fixture(scope="module")
def real_editions(
    tmp_path_factory: pytest.TempPathFactory, compiled_project: CompiledProject
) -> Pipeline:
    """The real editions that come with the project, loaded and built with their data tests."""
    pipeline = Pipeline(tmp_path_factory.mktemp("editions"))
    pipeline.load(REAL_DATA)
    compiled_project.build(pipeline.warehouse, tested=True)
    return pipeline


def test_real_editions_are_whole_in_the_mart(real_editions: Pipeline) -> None:
    rows = real_editions.query("""
        select
            strftime(edition, '%Y-%m-%d'),
            count(distinct month),
            count(*) filter (where territory_id = 'FR'),
            count(*) filter (where territory_id like 'R%'),
            count(*) filter (where territory_id like 'D%'),
            bool_and(is_latest_edition),
        from marts.fct_published_stock
        group by edition
        order by edition
    """)
    assert rows == [
        ("2021-05-07", 48, 48, 48 * 18, 48 * 101, False),
        ("2021-07-23", 51, 51, 51 * 18, 51 * 101, False),
        ("2021-12-21", 54, 54, 54 * 18, 54 * 101, False),
        ("2022-01-13", 57, 57, 57 * 18, 57 * 101, False),
        ("2022-03-15", 58, 58, 58 * 18, 58 * 101, False),
        ("2023-01-18", 69, 69, 69 * 18, 69 * 101, True),
    ]


def test_every_real_figure_is_that_of_the_file(real_editions: Pipeline) -> None:
    """Cell by cell, both ways."""
    assert real_editions.query(f"""
        with
            files as (from {REAL_EDITIONS}),
            marts as (select edition, month, territory_id, stock from marts.fct_published_stock)
        select
            (select count(*) from files),
            (select count(*) from marts),
            (select count(*) from (from files intersect all from marts))
    """) == [(40_440, 40_440, 40_440)]


def test_october_2021_was_revised_from_edition_to_edition(real_editions: Pipeline) -> None:
    assert real_editions.query("""
        select strftime(edition, '%Y-%m-%d'), previous_stock, stock, revision, age_in_months
        from marts.fct_published_revisions
        where territory_id = 'FR' and month = '2021-10-01'
    """) == [("2023-01-18", 166655, 146933, 146933 - 166655, 15)]


# Persons to the unit, per cent to one decimal, as the public note rounds them. The edition of
# 2021-12-21 stops at June 2021: 6 months, compared with the same 6; the first one has no 2021.
@pytest.mark.parametrize(
    ("edition", "fall", "on_2020", "on_2019"),
    [
        ("2022-03-15", -35.8, (9, 18447, 14.9), (9, 7326, 5.4)),
        ("2023-01-18", -35.8, (9, 18710, 15.1), (9, 7588, 5.6)),
        ("2021-12-21", -35.8, (6, 22098, 18.5), (6, 6418, 4.8)),
        ("2021-05-07", -35.7, (0, None, None), (0, None, None)),
    ],
)
def test_claims_of_the_public_note_are_those_of_the_edition(
    real_editions: Pipeline,
    compiled_project: CompiledProject,
    edition: str,
    fall: float,
    on_2020: tuple[int, int | None, float | None],
    on_2019: tuple[int, int | None, float | None],
) -> None:
    sql = compiled_project.analysis("public_note_headlines")
    # As `--vars` would have it compiled.
    assert sql.count("date '2022-03-15'") == 2
    sql = sql.replace("date '2022-03-15'", f"date '{edition}'")
    rows = real_editions.query(f"""
        select edition::varchar, nb_months, round(change)::integer, round(change_percent, 1)
        from ({sql})
    """)
    assert [row[0] for row in rows] == [edition] * 3
    assert rows[0][3] == fall
    assert [row[1:] for row in rows[1:]] == [on_2020, on_2019]


def test_size_of_revisions_by_age_covers_every_revision(
    real_editions: Pipeline, analysed: Analysed
) -> None:
    rows = analysed("revisions_by_age_of_the_month", real_editions.warehouse)
    [(nb_revisions,)] = real_editions.query("select count(*) from marts.fct_published_revisions")
    assert sum(row["nb_revisions"] for row in rows) == nb_revisions
    levels = [row["territory_level"] for row in rows]
    assert levels == sorted(levels, key=["national", "regional", "departmental"].index)
    # October 2021 alone is 15 months old at 2023-01-18; 15 months is also 2019-12 and 2020-12
    [oldest] = [
        row for row in rows if (row["territory_level"], row["age_in_months"]) == ("national", 15)
    ]
    assert oldest["lowest_revision_rate"] == pytest.approx((146933 - 166655) / 166655)


def test_break_between_scopes_is_explained_by_the_types_that_enter(
    analysed: Analysed,
) -> None:
    rows = analysed("break_between_scopes")
    assert [f"{row['month']:%Y-%m}" for row in rows] == [
        *(f"2020-{month:02}" for month in range(7, 13)),
        *(f"2021-{month:02}" for month in range(1, 7)),
    ]
    assert {row["unexplained"] for row in rows} == {0}
    assert [row["step"] for row in rows[:6]] == [0] * 6
    january = rows[6]
    assert january["step"] > 0
    assert january["step"] == january["eiti_stock"] + january["geiq_stock"] + january["iti_stock"]


def test_shares_of_the_components_add_up(analysed: Analysed) -> None:
    rows = analysed("component_shares")
    shares: dict[str, dict[str, float]] = {}
    for row in rows:
        shares.setdefault(f"{row['month']:%Y-%m}", {})[row["structure_type"]] = row["share_percent"]
    assert list(shares["2020-12"]) == ["ACI", "AI", "EI", "ETTI"]
    assert list(shares["2021-01"]) == ["ACI", "AI", "EI", "EITI", "ETTI", "GEIQ", "ITI"]
    assert all(sum(share.values()) == pytest.approx(100) for share in shares.values())


def test_august_is_the_low_of_ai(analysed: Analysed) -> None:
    rows = analysed("seasonal_profile_by_type")
    index = {
        row["calendar_month"]: row["seasonal_index"]
        for row in rows
        if row["structure_type"] == "AI"
    }
    assert sorted(index) == list(range(1, 13))
    assert min(index, key=index.__getitem__) == 8
    assert sum(index.values()) / 12 == pytest.approx(100, abs=2)


def test_every_structure_is_located_in_one_way(
    published_sample: Pipeline, analysed: Analysed
) -> None:
    rows = analysed("departments_hardest_to_locate", published_sample.warehouse)
    ways = [name for name in rows[0] if name.startswith("nb_") and name != "nb_structures"]
    for row in rows:
        assert sum(row[way] for way in ways) == row["nb_structures"]
    [not_located] = [row for row in rows if row["department_code"] == "NL"]
    assert not_located["nb_not_located"] == not_located["nb_structures"]
    percents = [row["located_otherwise_percent"] for row in rows]
    assert percents == sorted(percents, reverse=True)


def test_revisions_of_our_own_editions_stand_beside_the_published_ones(
    analysed: Analysed, tmp_path: Path
) -> None:
    path = tmp_path / "iae.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create schema marts;
            create table marts.fct_stock_revisions as
            from (
                values
                ('new_extract', 'FR', 'ACI', 2, 3, 0.1), ('new_extract', 'FR', 'ACI', 2, -1, -0.3),
                ('correction', 'FR', 'ACI', 2, 50, 5.0), ('new_extract', 'R11', 'ACI', 2, 50, 5.0)
            ) as rows (kind, territory_id, structure_type, age_in_months, revision, revision_rate);
            create table marts.fct_published_revisions as
            from (values ('FR', 15, -10, -0.2), ('R11', 15, 50, 5.0))
                as rows (territory_id, age_in_months, revision, revision_rate);
        """)
    # The root of the mean of 0.01 and 0.09 is that of 0.05.
    assert [tuple(row.values()) for row in analysed("revisions_by_type_and_age", path)] == [
        ("ours", "ACI", 2, 2, 1.0, pytest.approx(0.2), pytest.approx(0.05**0.5)),
        ("published", "composite", 15, 1, -10.0, pytest.approx(0.2), pytest.approx(0.2)),
    ]
