"""The notebooks, run on whatever is published: real figures, made-up ones, both."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import PROJECT, REAL_DATA, Pipeline

NOTEBOOKS = ("first_steps", "revisions", "territory_profile")
EDITIONS = REAL_DATA / "barometre"
# Prints what each notebook shows, and the rows of the tables that it defines.
RUN = """
import json, os, runpy, sys
import polars
folder, *files = sys.argv[1:]
sys.path.insert(0, folder)

def result(notebook):
    outputs, definitions = runpy.run_path(f"{folder}/{notebook}.py")["app"].run()
    return {
        "shown": " ".join(getattr(output, "text", "") for output in outputs),
        "tables": {
            name: table.to_dicts()
            for name, table in definitions.items()
            if isinstance(table, polars.DataFrame)
        },
    }

results = []
for os.environ["IAE_PUBLISHED"] in files:
    results.append({name: result(name) for name in %r})
print(json.dumps(results, default=str))
"""

Result = dict[str, dict[str, Any]]
# What a build gives with the real series alone, and with the made-up extracts alone.
REAL_ALONE = """
    create schema marts;
    create schema open_data;
    create table open_data.composite_scopes as from sample.open_data.composite_scopes;
    create table marts.audit_extracts as
    from sample.marts.audit_extracts where source = 'barometre';
    create table marts.dim_territories as from sample.marts.dim_territories;
    create table marts.fct_published_stock as from sample.marts.fct_published_stock;
    create table marts.fct_published_revisions as from sample.marts.fct_published_revisions;
    create table marts.dim_editions as from sample.marts.dim_editions where false;
    create table marts.fct_stock_revisions as from sample.marts.fct_stock_revisions where false;
    create table marts.fct_composite_stock as from sample.marts.fct_composite_stock where false;
    create table marts.fct_stock_by_structure_type as
    from sample.marts.fct_stock_by_structure_type where false;
"""
SYNTHETIC_ALONE = """
    create schema marts;
    create schema open_data;
    create table open_data.composite_scopes as from sample.open_data.composite_scopes;
    create table marts.audit_extracts as
    from sample.marts.audit_extracts where source != 'barometre';
    create table marts.dim_territories as from sample.marts.dim_territories;
    create table marts.dim_editions as
    select date '2022-10-20' as edition, 1 as release, true as is_synthetic;
    create table marts.fct_stock_revisions as
    from (values
        (date '2022-10-20', 1, 'new_extract', 'FR', 'ACI', 2, -0.04::double),
        (date '2022-10-20', 1, 'new_extract', 'FR', 'ACI', 2, 0.02),
        (date '2022-10-20', 1, 'new_extract', 'FR', 'AI', 3, 0.01),
        (date '2022-10-20', 1, 'new_extract', 'D59', 'AI', 3, 0.5),
        (date '2022-10-20', 1, 'correction', 'FR', 'AI', 3, 0.5)
    ) as revisions (
        edition, release, kind, territory_id, structure_type, age_in_months, revision_rate
    );
    create table marts.fct_composite_stock as from sample.marts.fct_composite_stock;
    create table marts.fct_stock_by_structure_type as
    from sample.marts.fct_stock_by_structure_type;
    create table marts.fct_published_stock as from sample.marts.fct_published_stock where false;
    create table marts.fct_published_revisions as
    from sample.marts.fct_published_revisions where false;
"""


@pytest.fixture(scope="module")
def results(published_sample: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    """What each notebook shows and the rows of its tables, on four published files.

    The real series and the made-up extracts; the real ones alone; the made-up ones alone; none.
    """
    folder = tmp_path_factory.mktemp("published")
    files = [published_sample.published]
    for name, sql in (("real", REAL_ALONE), ("synthetic", SYNTHETIC_ALONE)):
        files.append(folder / f"{name}.duckdb")
        with duckdb.connect(str(files[-1])) as connection:
            connection.execute(f"attach '{published_sample.published}' as sample (read_only)")
            connection.execute(sql)
    files.append(folder / "none.duckdb")
    done = published_sample.succeed(
        [sys.executable, "-c", RUN % (NOTEBOOKS,), PROJECT / "notebooks", *files]
    )
    results: list[Result] = json.loads(done.splitlines()[-1])
    return results


@pytest.fixture
def sample(results: list[Result]) -> Result:
    return results[0]


@pytest.fixture
def real_alone(results: list[Result]) -> Result:
    return results[1]


@pytest.fixture
def synthetic_alone(results: list[Result]) -> Result:
    return results[2]


def test_a_notebook_exports_as_a_page(published_sample: Pipeline, tmp_path: Path) -> None:
    out = tmp_path / "notebook.html"
    # `IAE_WAREHOUSE` alone says where the published file is. Export fails when a cell does.
    notebook = PROJECT / "notebooks" / "first_steps.py"
    published_sample.succeed(
        [sys.executable, "-m", "marimo", "export", "html", notebook, "--output", out]
    )
    assert out.stat().st_size > 10_000


def test_without_a_published_file_they_say_what_to_do(results: list[Result]) -> None:
    for result in results[3].values():
        assert "n'existe pas encore : lancez" in result["shown"]


def test_they_say_what_is_real_and_what_is_not(
    sample: Result, real_alone: Result, synthetic_alone: Result
) -> None:
    assert "Données réelles : barometre" in sample["first_steps"]["shown"]
    assert "asp_fluxiae" in sample["first_steps"]["shown"]
    assert "sans rien dire de la France : aucune" in real_alone["first_steps"]["shown"]
    assert "Données réelles : aucune" in synthetic_alone["first_steps"]["shown"]


def test_the_real_series_comes_first_and_is_never_mixed(
    sample: Result, real_alone: Result, synthetic_alone: Result
) -> None:
    """153 thousand people in June 2022 are real; the sample is a fiftieth of France."""
    for result in (sample, real_alone):
        assert "1. Combien de personnes" in result["first_steps"]["shown"]
        [june] = [
            row["stock"]
            for row in result["first_steps"]["tables"]["stocks"]
            if row["territory_id"] == "FR" and row["month"] == "2022-06-01"
        ]
        assert june == 152_922
        assert len(result["first_steps"]["tables"]["departments"]) == 20
        assert max(r["stock"] for r in result["territory_profile"]["tables"]["stocks"]) > 5_000
    made_up = synthetic_alone["first_steps"]["tables"]["stocks"]
    assert 0 < max(row["stock"] for row in made_up) < 10_000
    assert "données fictives" in synthetic_alone["territory_profile"]["shown"]


def test_a_section_without_data_says_so(real_alone: Result, sample: Result) -> None:
    assert "aucun n'est chargé" in real_alone["first_steps"]["shown"]
    assert "Aucun effectif par type" in real_alone["territory_profile"]["shown"]
    types = {row["structure_type"] for row in sample["first_steps"]["tables"]["seasons"]}
    assert types == {"ACI", "AI", "EI", "ETTI"}


def test_a_department_stands_beside_its_region_and_the_country(sample: Result) -> None:
    """Nord, June 2022: 9,206 people, as published, for its municipal population of 2023."""
    tables = sample["territory_profile"]["tables"]
    june = {row["name"]: row for row in tables["rates"] if row["month"] == "2022-06-01"}
    assert set(june) == {"Nord", "Hauts-de-France", "France"}
    assert june["Nord"]["stock"] == 9_206


def test_revisions_give_the_claims_of_the_note_by_edition(real_alone: Result) -> None:
    """The note says -36 %, +18,000, +15 % and +5 %: those of edition 2022-03-15."""
    tables = real_alone["revisions"]["tables"]
    headlines = {row.pop("edition"): tuple(row.values()) for row in tables["headlines"]}
    assert len(headlines) == len(list(EDITIONS.iterdir())) == 6
    assert headlines["2022-03-15"] == (-35.8, 18447, 14.9, 5.4)
    assert headlines["2021-05-07"] == (-35.7, None, None, None)


def test_the_sentence_on_revisions_is_that_of_the_table(real_alone: Result) -> None:
    revisions = real_alone["revisions"]["tables"]["revisions"]
    up = sum(row["revision"] > 0 for row in revisions)
    down = sum(row["revision"] < 0 for row in revisions)
    shown = real_alone["revisions"]["shown"]
    assert f"{up} révisions vont à la hausse, {down} à la baisse" in " ".join(shown.split())
    assert revisions[0]["revision"] == -19_722


def test_revisions_say_that_no_edition_is_loaded(synthetic_alone: Result) -> None:
    assert "iae load data" in synthetic_alone["revisions"]["shown"]
    assert "revisions" not in synthetic_alone["revisions"]["tables"]


def test_revisions_are_told_by_type_and_age_ours_and_published(
    real_alone: Result, synthetic_alone: Result
) -> None:
    ours = synthetic_alone["revisions"]["tables"]["by_age"]
    # -4 % and +2 %: -1 % in mean, 3 % in size. Departments and corrections are left out.
    keys = ("structure_type", "age_in_months", "nb_revisions", "mean_percent", "mean_size_percent")
    assert [tuple(row[key] for key in keys) for row in ours] == [
        ("ACI", 2, 2, -1.0, 3.0),
        ("AI", 3, 1, 1.0, 1.0),
    ]
    assert {row["series"] for row in ours} == {"Nos éditions (fictives)"}
    assert "le plus révisé est ACI à 2 mois : 3,00 %" in synthetic_alone["revisions"]["shown"]
    published = real_alone["revisions"]["tables"]
    assert {row["series"] for row in published["by_age"]} == {"Série publiée"}
    nb_revised = sum(row["revision"] != 0 for row in published["revisions"])
    assert sum(row["nb_revisions"] for row in published["by_age"]) == nb_revised
    assert "Nos éditions n'ont encore rien révisé" in real_alone["revisions"]["shown"]
