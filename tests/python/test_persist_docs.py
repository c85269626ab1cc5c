"""Descriptions are written into the database, in one statement per model (duckdb__persist_docs)."""

from __future__ import annotations

from pathlib import Path

import duckdb

from conftest import build_scratch

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
    persisted = {"+persist_docs": {"relation": True, "columns": True}}
    result, printed = build_scratch(tmp_path, ["macros"], MODELS, properties, models=persisted)
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
        ).fetchall() == [(name, COLUMN["description"]) for name in ("reader", "stocks")]
