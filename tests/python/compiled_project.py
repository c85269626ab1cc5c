"""The models as dbt compiles them, run by DuckDB alone: a small drop is built in seconds.

What dbt does beside (contracts, descriptions, the record of runs, the rounding in Python) is tested
on the sample, which dbt builds.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from iae.sql import literal, quoted

RELATIONS = """
select table_schema, table_name from information_schema.tables
where table_catalog = current_database()
"""


@dataclass(frozen=True)
class CompiledProject:
    """The project of a manifest that dbt has compiled, and a warehouse that holds its seeds."""

    target: Path
    warehouse: Path

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.target / "manifest.json").read_text())
        return manifest

    def build(self, warehouse: Path, *, only: Collection[str] = (), tested: bool = False) -> None:
        """Build a loaded warehouse: every model in SQL, or `only` some and what they read.

        A relation that is there stands for its model. What reads a relation that dbt alone writes
        is left out. With `tested`, every data test on what was built must find nothing.
        """
        nodes = self._manifest["nodes"]
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(f"attach {literal(str(self.warehouse))} as seeded (read_only)")
            connection.execute("create table raw.editions as from seeded.raw.editions limit 0")
            there = set(connection.execute(RELATIONS).fetchall())
            built = {
                unique_id
                for unique_id, node in (self._manifest["sources"] | nodes).items()
                if (node["schema"], node.get("identifier", node.get("alias"))) in there
            }
            for unique_id in self._ordered(only):
                node = nodes[unique_id]
                if unique_id in built or not built.issuperset(node["depends_on"].get("nodes", ())):
                    continue
                if node["resource_type"] == "seed":
                    place = f"{quoted(node['schema'])}.{quoted(node['alias'])}"
                    sql = f"create table {place} as from seeded.{place}"
                elif node["language"] == "sql":
                    kind = node["config"]["materialized"]
                    sql = f"create {kind} {node['relation_name']} as {self._compiled(node)}"
                else:
                    continue
                connection.execute(f"create schema if not exists {quoted(node['schema'])}")
                connection.execute(sql)
                built.add(unique_id)
            if tested:
                assert self._failures(connection, built) == []

    def _ordered(self, only: Collection[str]) -> list[str]:
        """The seeds and models, or `only` some and what they read, each after what it reads."""
        nodes = self._manifest["nodes"]
        reads = {
            unique_id: set(node["depends_on"].get("nodes", ())) & nodes.keys()
            for unique_id, node in nodes.items()
            if node["resource_type"] in ("seed", "model")
        }
        wanted = {one for one in reads if not only or nodes[one]["name"] in only}
        ordered = list(TopologicalSorter(reads).static_order())
        for unique_id in reversed(ordered):
            if unique_id in wanted:
                wanted |= reads[unique_id]
        return [unique_id for unique_id in ordered if unique_id in wanted]

    def _failures(self, connection: duckdb.DuckDBPyConnection, built: set[str]) -> list[str]:
        """The data tests that find something in what was built."""
        failures = []
        for node in self._manifest["nodes"].values():
            if node["resource_type"] != "test" or node["config"]["severity"].lower() != "error":
                continue
            if built.issuperset(node["depends_on"]["nodes"]):
                found = connection.execute(
                    f"select {node['config']['fail_calc']} from ({self._compiled(node)}) as found"
                ).fetchone()
                if found != (0,):
                    failures.append(node["name"])
        return failures

    def analysis(self, name: str) -> str:
        """The SQL of an analysis."""
        return self._compiled(self._manifest["nodes"][f"analysis.iae.{name}"])

    def _compiled(self, node: dict[str, Any]) -> str:
        """The SQL of a node, where dbt has written it: a manifest holds what ran last alone."""
        place = Path(node["original_file_path"])
        if place.name != Path(node["path"]).name:  # one of the tests in a YAML file
            place /= node["path"]
        return (self.target / "compiled" / node["package_name"] / place).read_text("utf-8")
