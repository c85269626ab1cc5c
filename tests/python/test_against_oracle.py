"""Random drops through the whole pipeline, against the definition read literally.

`oracle.py` counts the stock and the outcomes of the rows, `oracle_beyond.py` every mart.

A difference is shown with the seed of its drop: `write_drop(seed, folder)` writes it again.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import oracle
import oracle_beyond
from compiled_project import CompiledProject
from conftest import Pipeline
from random_drops import write_drop

SEEDS = (32, 34, 41, 53)  # 32 without the ASP; the others with every source and nearly every reason


def by_key(rows: list[tuple[Any, ...]], key: str) -> dict[Any, Any]:
    """Rows that begin with the columns of a key, separated by commas."""
    width = len(key.split(","))
    return {row[:width]: row[width:] for row in rows}


def differences(found: dict[Any, Any], expected: dict[Any, Any]) -> list[str]:
    """The first keys that differ, with what was found and what was expected."""
    differing = [
        key
        for key in found.keys() | expected.keys()
        if key not in found or key not in expected or found[key] != expected[key]
    ]
    lines = sorted(
        f"{key}: found {found.get(key, 'no row')}, expected {expected.get(key, 'no row')}"
        for key in differing
    )
    return [f"{len(lines)} differ", *lines[:10]] if lines else []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_drop_gives_what_the_definition_says(
    pipeline: Pipeline, compiled_project: CompiledProject, tmp_path: Path, seed: int
) -> None:
    drop = write_drop(seed, tmp_path / "drop")
    cells, outcomes = oracle.count(drop)

    pipeline.load(tmp_path / "drop")
    compiled_project.build(pipeline.warehouse)

    audit = pipeline.query("select source_table, reason, nb_rows from marts.audit_row_outcomes")
    rows = [(table, reason) for table, reasons in outcomes.items() for reason in reasons]
    found = {"rows": differences({row[:2]: row[2] for row in audit}, Counter(rows))}
    for mart, (key, columns, count) in oracle_beyond.MARTS.items():
        cells_of_mart = pipeline.query(f"select {key}, {columns} from marts.{mart}")
        found[mart] = differences(by_key(cells_of_mart, key), count(drop, cells))
    assert {name: lines for name, lines in found.items() if lines} == {}, f"seed {seed}"
