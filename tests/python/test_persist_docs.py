"""Descriptions are written into the database, in one statement per model (duckdb__persist_docs)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb

from conftest import PROJECT, run_dbt

COLUMN = "Persons; it's no $ sum."
FILES = {
    "dbt_project.yml": """
name: scratch
profile: scratch
models:
  +persist_docs: {relation: true, columns: true}
""",
    "profiles.yml": """
scratch:
  target: file
  outputs:
    file: {type: duckdb, path: "{{ env_var('IAE_WAREHOUSE') }}"}
""",
    "models/stocks.sql": "select cast(7 as bigint) as stock",
    "models/reader.sql": "select stock from {{ ref('stocks') }}",
    "models/slipped.sql": "select 8 as stock",
    "models/models.yml": f"""
models:
  - name: stocks
    description: It's the stock.
    config: {{materialized: table, contract: {{enforced: true}}}}
    columns: &columns
      - name: stock
        data_type: bigint
        description: {COLUMN}
  - name: reader
    config: {{materialized: view}}
    columns: *columns
  - name: slipped
    columns:
      - name: stok
        description: No such column.
""",
}


def test_descriptions_are_in_the_database_and_a_slip_in_one_fails(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "macros", tmp_path / "macros")
    (tmp_path / "models").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    variables = {
        "IAE_WAREHOUSE": str(tmp_path / "scratch.duckdb"),
        "DBT_PROFILES_DIR": str(tmp_path),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
        "DO_NOT_TRACK": "1",
    }
    words = ["--quiet", "build", "--project-dir", str(tmp_path)]
    result, printed = run_dbt(words, os.environ | variables)
    assert {node.node.name: str(node.status) for node in result.result} == {
        "stocks": "success",
        "reader": "success",
        "slipped": "error",
    }
    assert "stok" in printed
    with duckdb.connect(str(tmp_path / "scratch.duckdb"), read_only=True) as connection:
        assert connection.execute(
            "select table_name, comment from duckdb_tables() union all "
            "select view_name, comment from duckdb_views() where not internal order by all"
        ).fetchall() == [("reader", None), ("stocks", "It's the stock.")]
        assert connection.execute(
            "select table_name, comment from duckdb_columns() where not internal order by all"
        ).fetchall() == [(name, COLUMN) for name in ("reader", "stocks")]
