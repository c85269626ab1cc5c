"""The script by hand that the project's cells and speed are held against (scripts/bench)."""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest

from bench.direct import read_flux, stock_cells
from conftest import PROJECT, Pipeline

COLUMNS = [
    "salarie_id",
    "commentaire",
    "salarie_nir",
    "salarie_date_modification",
]


def test_its_cells_are_the_projects(published_sample: Pipeline) -> None:
    by_hand = stock_cells(published_sample.folder / "drop", PROJECT / "seeds", "1GB", 2)
    columns = "month, territory_id, structure_type, stock, is_provisional"
    cells = by_hand.execute(f"select {columns} from cells").fetchall()
    project = published_sample.query(f"select {columns} from marts.fct_stock_by_structure_type")
    assert sum(stock for _, _, _, stock, _ in cells) > 0
    assert set(cells) == set(project)
    assert len(cells) == len(project)


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
