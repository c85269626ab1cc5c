"""`iae status`, the operator's Monday screen: what is loaded, built, published, and what to do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from conftest import PROJECT
from loading import Warehouse, error_of, run, write_fluxiae


def test_nothing_where_the_warehouse_is_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IAE_WAREHOUSE", raising=False)
    shown = run("status").output
    assert shown.startswith("warehouse/build.duckdb: nothing is loaded yet.")
    assert shown.endswith("Next: iae load DROP\n")
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_wrong_is_a_fault(warehouse: Warehouse) -> None:
    assert error_of("status").startswith(f"Error: {warehouse.path}: there is no folder")
    warehouse.path.parent.mkdir()
    assert f"{warehouse.path}: there is no such file" in error_of("status")


def test_a_warehouse_without_extracts(warehouse: Warehouse) -> None:
    warehouse.path.parent.mkdir()
    duckdb.connect(str(warehouse.path)).close()
    said = f"{warehouse.path}: nothing is loaded yet.\nNext: iae load DROP\n"
    assert run("status").output == said


def test_what_is_loaded_and_not_built(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stamp in ("01022022_112211", "08022022_112211"):
        warehouse.load(write_fluxiae(tmp_path / stamp, stamp=stamp))
    monkeypatch.chdir(PROJECT)
    shown = run("status").output
    first, last_run, published, *_ = shown.splitlines()
    assert first.startswith(f"Warehouse  {warehouse.path} (")
    assert last_run.split() == ["Last", "run", "none"]
    assert published.split() == ["Published", "nothing", "yet"]
    rows = [
        [cell.strip() for cell in line.strip("│ ").split("│")]
        for line in shown.splitlines()
        if "│" in line
    ]
    age = (dt.date.today() - dt.date(2022, 2, 8)).days
    assert [row[:8] for row in rows] == [
        ["asp_fluxiae", "2022-02-08", "current", "no", f"{age} d late", "15", "15", "0"],
        ["asp_fluxiae", "2022-02-01", "kept", "no", f"{age + 7} d", "15", "15", "0"],
    ]
    assert all("B" in row[8] and row[8][0] != "0" for row in rows)
    assert "Late: asp_fluxiae is expected every 10 days at most." in shown
    assert shown.splitlines()[-1].startswith("Next: dbt build.")


def test_runs_and_what_is_published(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.load(write_fluxiae(tmp_path / "drop", stamp="08022022_112211"))
    with warehouse.connected() as connection:
        connection.execute(
            """
            create table raw.builds (command varchar, status varchar, started_at timestamp);
            insert into raw.builds values
                ('dbt build', 'green', '2022-02-09 08:00:00'),
                ('dbt run --select a', 'failed', '2022-02-10 09:30:00');
            """
        )
    with duckdb.connect(str(warehouse.path.with_name("iae.duckdb"))) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.audit_builds as select 'a run' as invocation_id;
            create table marts.audit_extracts as
            select 'asp_fluxiae' as source, date '2022-02-08' as extract_date;
            """
        )
    shown = run("status").output
    assert "Last run   dbt run --select a, 2022-02-10 09:30 UTC: failed" in shown
    assert f"Published  {warehouse.path.with_name('iae.duckdb')} (" in shown
    assert "│ current │ yes " in shown


def test_a_salt_that_is_another_is_told(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.load(write_fluxiae(tmp_path / "drop"))
    monkeypatch.delenv("IAE_SALT")
    assert "Warning: The salt of what is loaded is gone" in run("status").output
