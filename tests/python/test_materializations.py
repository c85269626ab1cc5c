"""How models are written: in place, in one transaction, with their descriptions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

ROOT = Path(__file__).parents[2]
MACROS = (
    "build_in_place",
    "duckdb__persist_docs",
    "materialization_table_duckdb",
    "materialization_view_duckdb",
)
# The columns of `stocks` where it has a contract.
CONTRACT: dict[str, dict[str, Any]] = {
    "stock": {
        "data_type": "bigint",
        "description": "Persons; it's no $ sum.",
        "constraints": [{"type": "not_null"}, {"type": "check", "expression": "stock >= 0"}],
    }
}
# A second model reads the first: replacing a table must not need that nobody depends on it.
READER = "select sum(stock) as total from {{ ref('stocks') }}"


@dataclass(frozen=True)
class Project:
    """A dbt project of two models, `stocks` and its reader, with the macros of this one."""

    folder: Path

    def build(
        self,
        sql: str,
        materialized: str = "table",
        columns: dict[str, dict[str, Any]] | None = None,
    ) -> str:
        """Build with `stocks` defined so; return what dbt printed of its faults."""
        stocks: dict[str, Any] = {
            "name": "stocks",
            "description": "It's the stock.",
            "config": {
                "materialized": materialized,
                "contract": {"enforced": columns is CONTRACT},
            },
            "columns": [{"name": name, **options} for name, options in (columns or {}).items()],
        }
        reader = {"name": "reader", "config": {"materialized": "view"}}
        (self.folder / "models" / "stocks.sql").write_text(sql)
        (self.folder / "models" / "reader.sql").write_text(READER)
        (self.folder / "models" / "models.yml").write_text(
            yaml.safe_dump({"version": 2, "models": [stocks, reader]})
        )
        done = subprocess.run(
            [Path(sys.executable).with_name("dbt"), "--no-use-colors", "--quiet", "build"],
            cwd=self.folder,
            env=os.environ | {"DBT_PROFILES_DIR": str(self.folder), "DBT_TARGET_PATH": "target"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == (not done.stdout.strip()), done.stdout + done.stderr
        return done.stdout

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "stocks.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    @property
    def relations(self) -> list[tuple[Any, ...]]:
        """Every relation there is: name, kind, comment."""
        return self.query(
            "select table_name, 'table', comment from duckdb_tables() union all "
            "select view_name, 'view', comment from duckdb_views() where not internal order by all"
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "models").mkdir()
    (tmp_path / "macros").mkdir()
    for name in MACROS:
        shutil.copy(ROOT / "macros" / f"{name}.sql", tmp_path / "macros")
    files: dict[str, object] = {
        "dbt_project.yml": {
            "name": "scratch",
            "version": "1.0.0",
            "profile": "scratch",
            "flags": {"send_anonymous_usage_stats": False},
            "models": {"scratch": {"+persist_docs": {"relation": True, "columns": True}}},
        },
        "profiles.yml": {
            "scratch": {
                "target": "file",
                "outputs": {"file": {"type": "duckdb", "path": "stocks.duckdb", "threads": 2}},
            }
        },
    }
    for file, content in files.items():
        (tmp_path / file).write_text(yaml.safe_dump(content))
    return Project(tmp_path)


def test_a_model_is_replaced_whatever_it_was(project: Project) -> None:
    for stock, materialized in enumerate(("table", "view", "table"), start=1):
        project.build(f"select {stock} as stock", materialized)
        assert project.query("select total from reader") == [(stock,)]
        assert project.relations == [
            ("reader", "view", None),
            ("stocks", materialized, "It's the stock."),
        ]


def test_a_contract_gives_types_constraints_and_descriptions(project: Project) -> None:
    project.build("select cast(7 as bigint) as stock", columns=CONTRACT)
    assert project.query("select total from reader") == [(7,)]
    assert project.query(
        "select column_name, data_type, is_nullable, comment from duckdb_columns() "
        "where table_name = 'stocks'"
    ) == [("stock", "BIGINT", False, "Persons; it's no $ sum.")]
    assert project.query(
        "select constraint_type from duckdb_constraints() where table_name = 'stocks' order by all"
    ) == [("CHECK",), ("NOT NULL",)]


def test_a_model_that_fails_is_left_as_it_was(project: Project) -> None:
    project.build("select cast(7 as bigint) as stock", columns=CONTRACT)
    before = project.relations
    slip = {"stok": {"description": "No such column."}}
    for sql, materialized, columns, fault in (
        ("select cast(-1 as bigint) as stock", "table", CONTRACT, "CHECK constraint failed"),
        ("select cast(error('late') as bigint) as stock", "table", CONTRACT, "late"),
        ("select stock from nowhere", "view", None, "nowhere"),
        ("select 8 as stock", "table", slip, "stok"),
    ):
        assert fault in project.build(sql, materialized, columns)
        assert project.query("select total from reader") == [(7,)]
        assert project.relations == before
