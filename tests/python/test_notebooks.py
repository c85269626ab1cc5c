"""The notebooks, run from top to bottom on a published file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import PROJECT, REAL_DATA, Pipeline

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.py"))
# Prints what a notebook shows, and the rows of the tables that it defines.
RUN = """
import json, runpy, sys
import polars
app = runpy.run_path(sys.argv[1])["app"]
outputs, definitions = app.run()
tables = {
    name: table.to_dicts()
    for name, table in definitions.items()
    if isinstance(table, polars.DataFrame)
}
shown = " ".join(getattr(output, "text", "") for output in outputs)
print(json.dumps({"shown": shown, "tables": tables}, default=str))
"""


def run(name: str, published: Path) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """Run a notebook on a published file: what it shows, and the rows of its tables."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(PROJECT / "notebooks" / f"{name}.py")],
        env=os.environ | {"IAE_PUBLISHED": str(published)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    return result["shown"], result["tables"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_exports_with_every_cell_run(
    notebook: Path, published_sample: Pipeline, tmp_path: Path
) -> None:
    out = tmp_path / "notebook.html"
    # `IAE_WAREHOUSE` alone says where the published file is. Export fails when a cell does.
    published_sample.succeed(
        [sys.executable, "-m", "marimo", "export", "html", notebook, "--output", out]
    )
    assert out.stat().st_size > 10_000


def test_notebook_without_published_file_says_what_to_do(tmp_path: Path) -> None:
    shown, _ = run("first_steps", tmp_path / "iae.duckdb")
    assert "is not there yet" in shown


def test_first_steps_show_the_marts(published_sample: Pipeline) -> None:
    shown, tables = run("first_steps", published_sample.published)
    assert "Made up by" in shown
    assert len(tables["regions"]) == 17
    assert len(tables["departments"]) == 20
    assert {row["structure_type"] for row in tables["seasons"]} == {"ACI", "AI", "EI", "ETTI"}
    ((stock,),) = published_sample.query(
        """
        select constant_stock from marts.fct_composite_stock
        where territory_id = 'FR' and month = '2020-04-01'
        """,
        path=published_sample.published,
    )
    assert [
        row["stock"]
        for row in tables["composite"]
        if row["month"] == "2020-04-01" and row["scope"] == "constant"
    ] == [stock]


def test_territory_profile_sets_a_department_beside_its_region_and_the_country(
    published_sample: Pipeline,
) -> None:
    _, tables = run("territory_profile", published_sample.published)
    assert {row["name"] for row in tables["rates"]} == {"Nord", "Hauts-de-France", "France"}
    assert any(row["is_provisional"] for row in tables["rates"])
    assert len(tables["territories"]) == 117
    ((rate,),) = published_sample.query(
        """
        select constant_stock * 10000 / population
        from marts.fct_composite_stock
        inner join marts.dim_territories using (territory_id)
        where territory_id = 'R32' and month = '2021-12-01'
        """,
        path=published_sample.published,
    )
    assert [
        row["rate"]
        for row in tables["rates"]
        if row["month"] == "2021-12-01" and row["name"] == "Hauts-de-France"
    ] == [rate]


def published_editions(folder: Path, editions: Path | None) -> Path:
    """Write a published file that has the real editions, or none, and nothing else."""
    path = folder / "iae.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.fct_published_stock (
                edition date, month date, territory_id varchar, stock bigint,
                is_latest_edition boolean
            );
            create table marts.fct_published_revisions (
                month date, territory_id varchar, edition date, previous_stock bigint,
                stock bigint, revision bigint, revision_rate double, age_in_months integer
            );
            create table marts.dim_territories (
                territory_id varchar, territory_level varchar, territory_name varchar,
                is_covered boolean
            );
            """
        )
        if editions is not None:
            connection.execute(
                """
                insert into marts.fct_published_stock
                select
                    cast(regexp_extract(filename, '(\\d+-\\d+-\\d+)/[^/]*$', 1) as date) as edition,
                    date_trunc('month', date),
                    'FR',
                    valeur,
                    edition = '2023-01-18'
                from read_csv(?, filename = true)
                """,
                [str(editions / "*" / "*-national.csv.gz")],
            )
    return path


def test_revisions_give_the_headline_claims_of_each_edition(tmp_path: Path) -> None:
    """The public note says -35.8 %, +18,447, +14.9 % and +5.4 %: those of edition 2022-03-15."""
    path = published_editions(tmp_path, REAL_DATA / "barometre")
    _, tables = run("revisions", path)
    headlines = {row.pop("edition"): tuple(row.values()) for row in tables["headlines"]}
    assert len(headlines) == 6
    assert headlines["2022-03-15"] == (-35.8, 18447, 14.9, 5.4)
    assert headlines["2021-05-07"] == (-35.7, None, None, None)


def test_revisions_say_that_no_edition_is_loaded(tmp_path: Path) -> None:
    shown, tables = run("revisions", published_editions(tmp_path, None))
    assert "No edition of the published series is loaded" in shown
    assert "revisions" not in tables
