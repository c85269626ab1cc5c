"""Descriptions are written into the database, in one statement per model (duckdb__persist_docs)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import yaml

from conftest import PROJECT, run_dbt

COLUMN = {"name": "stock", "data_type": "bigint", "description": "Persons; it's no $ sum."}
MODELS = {
    "stocks": "select cast(7 as bigint) as stock",
    "reader": "select stock from {{ ref('stocks') }}",
    "slipped": "select 8 as stock",
}


def test_descriptions_are_in_the_database_and_a_slip_in_one_fails(tmp_path: Path) -> None:
    properties = [
        {
            "name": "stocks",
            "description": "It's the stock.",
            "config": {"materialized": "table", "contract": {"enforced": True}},
            "columns": [COLUMN],
        },
        {"name": "reader", "config": {"materialized": "view"}, "columns": [COLUMN]},
        {"name": "slipped", "columns": [{"name": "stok", "description": "No such column."}]},
    ]
    files: dict[str, object] = {
        "models/models.yml": {"version": 2, "models": properties},
        "dbt_project.yml": {
            "name": "scratch",
            "profile": "scratch",
            "models": {"+persist_docs": {"relation": True, "columns": True}},
        },
        "profiles.yml": {
            "scratch": {
                "target": "file",
                "outputs": {"file": {"type": "duckdb", "path": str(tmp_path / "stocks.duckdb")}},
            }
        },
    }
    for folder in ("models", "macros"):
        (tmp_path / folder).mkdir()
    shutil.copy(PROJECT / "macros" / "duckdb__persist_docs.sql", tmp_path / "macros")
    for file, content in files.items():
        (tmp_path / file).write_text(yaml.safe_dump(content))
    for name, sql in MODELS.items():
        (tmp_path / "models" / f"{name}.sql").write_text(sql)

    folders = {
        "DBT_PROFILES_DIR": str(tmp_path),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "DO_NOT_TRACK": "1",
    }
    words = ["--quiet", "build", "--project-dir", str(tmp_path)]
    result, printed = run_dbt(words, os.environ | folders)

    assert {node.node.name: str(node.status) for node in result.result} == {
        "stocks": "success",
        "reader": "success",
        "slipped": "error",
    }
    assert "stok" in printed
    with duckdb.connect(str(tmp_path / "stocks.duckdb"), read_only=True) as connection:
        assert connection.execute(
            "select table_name, comment from duckdb_tables() union all "
            "select view_name, comment from duckdb_views() where not internal order by all"
        ).fetchall() == [("reader", None), ("stocks", "It's the stock.")]
        assert connection.execute(
            "select table_name, comment from duckdb_columns() where not internal order by all"
        ).fetchall() == [(name, COLUMN["description"]) for name in ("reader", "stocks")]
