"""The script by hand that the project's cells and speed are held against (scripts/bench)."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from bench.direct import TABLES, compute, read_flux
from conftest import Pipeline

COLUMNS = ["salarie_id", "commentaire", "salarie_nir", "salarie_date_modification"]


def test_its_rows_are_the_projects(published_sample: Pipeline) -> None:
    with compute(published_sample.folder / "drop", "1GB", 2) as by_hand:
        for table in TABLES:
            relation = by_hand.table(table)
            project = published_sample.query(
                f"select {', '.join(relation.columns)} from marts.{table}"
            )
            # Each figure of a table says something: none is the same in all of its rows.
            assert all(len({*column}) > 1 for column in zip(*project, strict=True))
            assert Counter(relation.fetchall()) == Counter(project), table


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_broken_records_are_put_together(tmp_path: Path, line_end: str, packed: bool) -> None:
    lines = [
        "DEBSalarie05012023_063004|||",
        "|".join(COLUMNS),
        "1|whole|n1|01/01/2020",
        "2|broken\nonce|n2|01/01/2020",
        "3|broken\n\nand\nmore|n3|01/01/2020",
        '4|"|n4|01/01/2020\nand on',
        "5|one|too|many|columns",
        "6| |n6|",
        "FIN6|||",
    ]
    path = tmp_path / "fluxIAE_Salarie_05012023_063004.csv.gz"
    text = line_end.join(lines) + line_end
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("fluxIAE_Salarie.csv", text)
    else:
        path.write_text(text, encoding="utf-8", newline="")
    con = duckdb.connect()
    assert str(read_flux(con, "Salarie", path)) == "2023-01-05"
    rows = con.execute(
        "select salarie_id, salarie_nir, salarie_date_modification from Salarie order by rowid"
    ).fetchall()
    assert rows == [
        ("1", "n1", "01/01/2020"),
        ("2", "n2", "01/01/2020"),
        ("3", "n3", "01/01/2020"),
        ("4", "n4", "01/01/2020\nand on"),
        ("6", "n6", None),
    ]
