"""The notebooks, run on whatever is published: real figures, made-up ones, both."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

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
# Which rows of the sample a build has with the real series alone, and with the made-up extracts.
TABLES = {
    "open_data.composite_scopes": ("true", "true"),
    "marts.audit_extracts": ("source = 'barometre'", "source != 'barometre'"),
    "marts.dim_territories": ("true", "true"),
    "marts.fct_published_stock": ("true", "false"),
    "marts.fct_published_revisions": ("true", "false"),
    "marts.fct_composite_stock": ("false", "true"),
    "marts.fct_stock_by_structure_type": ("false", "true"),
    "marts.dim_editions": ("false", "false"),
    "marts.fct_stock_revisions": ("false", "false"),
}
MADE_UP_EDITION = """
    insert into marts.dim_editions by name
    select date '2022-10-20' as edition, 1 as release, true as is_synthetic;
    insert into marts.fct_stock_revisions by name
    from (values
        (date '2022-10-20', 1, 'new_extract', 'FR', 'ACI', 2, -0.04::double),
        (date '2022-10-20', 1, 'new_extract', 'FR', 'ACI', 2, 0.02),
        (date '2022-10-20', 1, 'new_extract', 'FR', 'AI', 3, 0.01),
        (date '2022-10-20', 1, 'new_extract', 'D59', 'AI', 3, 0.5),
        (date '2022-10-20', 1, 'correction', 'FR', 'AI', 3, 0.5)
    ) as revisions (
        edition, release, kind, territory_id, structure_type, age_in_months, revision_rate
    );
"""


class Results(NamedTuple):
    """What each notebook gives on four published files."""

    sample: Result  # the real series and the made-up extracts
    real_alone: Result
    synthetic_alone: Result
    none: Result


@pytest.fixture(scope="module")
def results(published_sample: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What each notebook shows and the rows of its tables."""
    folder = tmp_path_factory.mktemp("published")
    real, synthetic, none = (folder / f"{name}.duckdb" for name in ("real", "synthetic", "none"))
    for place, (path, added) in enumerate([(real, ""), (synthetic, MADE_UP_EDITION)]):
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"attach '{published_sample.published}' as sample (read_only)")
            connection.execute("create schema marts; create schema open_data")
            for table, conditions in TABLES.items():
                rows = f"from sample.{table} where {conditions[place]}"
                connection.execute(f"create table {table} as {rows}")
            connection.execute(added)
    files = [published_sample.published, real, synthetic, none]
    done = published_sample.succeed(
        [sys.executable, "-c", RUN % (NOTEBOOKS,), PROJECT / "notebooks", *files]
    )
    return Results(*json.loads(done.splitlines()[-1]))


def test_a_notebook_exports_as_a_page(published_sample: Pipeline, tmp_path: Path) -> None:
    out = tmp_path / "notebook.html"
    # `IAE_WAREHOUSE` alone says where the published file is. Export fails when a cell does.
    notebook = PROJECT / "notebooks" / "first_steps.py"
    published_sample.succeed(
        [sys.executable, "-m", "marimo", "export", "html", notebook, "--output", out]
    )
    assert out.stat().st_size > 10_000


def test_without_a_published_file_they_say_what_to_do(results: Results) -> None:
    for result in results.none.values():
        assert "n'existe pas encore : lancez" in result["shown"]


def test_they_say_what_is_real_and_what_is_not(results: Results) -> None:
    assert "Données réelles : barometre" in results.sample["first_steps"]["shown"]
    assert "asp_fluxiae" in results.sample["first_steps"]["shown"]
    assert "sans rien dire de la France : aucune" in results.real_alone["first_steps"]["shown"]
    assert "Données réelles : aucune" in results.synthetic_alone["first_steps"]["shown"]


def test_the_real_series_comes_first_and_is_never_mixed(results: Results) -> None:
    """153 thousand people in June 2022 are real; the sample is a fiftieth of France."""
    for result in (results.sample, results.real_alone):
        assert "1. Combien de personnes" in result["first_steps"]["shown"]
        [june] = [
            row["stock"]
            for row in result["first_steps"]["tables"]["stocks"]
            if row["territory_id"] == "FR" and row["month"] == "2022-06-01"
        ]
        assert june == 152_922
        assert len(result["first_steps"]["tables"]["departments"]) == 20
        assert max(r["stock"] for r in result["territory_profile"]["tables"]["stocks"]) > 5_000
    made_up = results.synthetic_alone["first_steps"]["tables"]["stocks"]
    assert 0 < max(row["stock"] for row in made_up) < 10_000
    assert "données fictives" in results.synthetic_alone["territory_profile"]["shown"]


def test_a_section_without_data_says_so(results: Results) -> None:
    assert "aucun n'est chargé" in results.real_alone["first_steps"]["shown"]
    assert "Aucun effectif par type" in results.real_alone["territory_profile"]["shown"]
    types = {row["structure_type"] for row in results.sample["first_steps"]["tables"]["seasons"]}
    assert types == {"ACI", "AI", "EI", "ETTI"}


def test_a_department_stands_beside_its_region_and_the_country(results: Results) -> None:
    """Nord, June 2022: 9,206 people, as published, for its municipal population of 2023."""
    tables = results.sample["territory_profile"]["tables"]
    june = {row["name"]: row for row in tables["rates"] if row["month"] == "2022-06-01"}
    assert set(june) == {"Nord", "Hauts-de-France", "France"}
    assert june["Nord"]["stock"] == 9_206


def test_revisions_give_the_claims_of_the_note_by_edition(results: Results) -> None:
    """The note says -36 %, +18,000, +15 % and +5 %: those of edition 2022-03-15."""
    tables = results.real_alone["revisions"]["tables"]
    headlines = {row.pop("edition"): tuple(row.values()) for row in tables["headlines"]}
    assert len(headlines) == len(list(EDITIONS.iterdir())) == 6
    assert headlines["2022-03-15"] == (-35.8, 18447, 14.9, 5.4)
    assert headlines["2021-05-07"] == (-35.7, None, None, None)


def test_the_sentence_on_revisions_is_that_of_the_table(results: Results) -> None:
    revisions = results.real_alone["revisions"]["tables"]["revisions"]
    up = sum(row["revision"] > 0 for row in revisions)
    down = sum(row["revision"] < 0 for row in revisions)
    shown = results.real_alone["revisions"]["shown"]
    assert f"{up} révisions vont à la hausse, {down} à la baisse" in " ".join(shown.split())
    assert revisions[0]["revision"] == -19_722


def test_revisions_say_that_no_edition_is_loaded(results: Results) -> None:
    assert "iae load data" in results.synthetic_alone["revisions"]["shown"]
    assert "revisions" not in results.synthetic_alone["revisions"]["tables"]


def test_revisions_are_told_by_type_and_age_ours_and_published(results: Results) -> None:
    ours = results.synthetic_alone["revisions"]["tables"]["by_age"]
    # -4 % and +2 %: -1 % in mean, 3 % in size. Departments and corrections are left out.
    keys = ("structure_type", "age_in_months", "nb_revisions", "mean_percent", "mean_size_percent")
    assert [tuple(row[key] for key in keys) for row in ours] == [
        ("ACI", 2, 2, -1.0, 3.0),
        ("AI", 3, 1, 1.0, 1.0),
    ]
    assert {row["series"] for row in ours} == {"Nos éditions (fictives)"}
    assert (
        "le plus révisé est ACI à 2 mois : 3,00 %" in results.synthetic_alone["revisions"]["shown"]
    )
    published = results.real_alone["revisions"]["tables"]
    assert {row["series"] for row in published["by_age"]} == {"Série publiée"}
    nb_revised = sum(row["revision"] != 0 for row in published["revisions"])
    assert sum(row["nb_revisions"] for row in published["by_age"]) == nb_revised
    assert "Nos éditions n'ont encore rien révisé" in results.real_alone["revisions"]["shown"]
