"""What a week delivers: read for the oracle, and packed again with a fault in it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pyzipper
from isal import igzip
from python_calamine import CalamineWorkbook

import oracle
from iae.french import MONTHS
from iae.sample import iti
from iae.sample.resources import read_text
from iae.sample.weeks import PASSWORD
from loading import zipped
from sample_reading import FLUXIAE_TABLES, Content

Files = dict[str, bytes]  # the tables of an archive, by the names of their files

# Where the sample says that a department is, which the definition places nowhere or outside.
_ELSEWHERE = {"Mayotte": "976", "Saint-Martin (partie française)": "978"}
_ELSEWHERE |= {"Nouvelle-Calédonie": "988", "Étranger": "NL", "Corse": "NL", "Non renseigné": "NL"}
_DEPARTMENTS = {
    row["department_name"]: row["department_code"]
    for row in csv.DictReader(io.StringIO(read_text("departments.csv")))
}
_DEPARTMENTS |= {
    label: code for code, labels in iti._DEPARTMENT_LABELS.items() for label in labels
} | _ELSEWHERE
_MONTHS = {name: rank for rank, name in enumerate(MONTHS, start=1)}
_MONTHS |= {name: rank for rank, name in enumerate(iti._SHORT_MONTHS, start=1)}


def unpacked(archive: Path) -> Files:
    """The tables of an archive of the ASP, out of every container."""
    files = {}
    with zipfile.ZipFile(archive) as outer:
        for name in outer.namelist():
            with pyzipper.AESZipFile(io.BytesIO(outer.read(name))) as inner:
                [own_name] = inner.namelist()
                data = inner.read(own_name, pwd=PASSWORD.encode())
            if data.startswith(b"\x1f\x8b"):
                data = igzip.decompress(data)
            elif data.startswith(b"PK"):
                with zipfile.ZipFile(io.BytesIO(data)) as innermost:
                    data = innermost.read(innermost.namelist()[0])
            files[own_name.removesuffix(".gz")] = data
    return files


def repacked(archive: Path, edit: Callable[[Files], object]) -> None:
    """Write an archive again with its tables changed."""
    files = unpacked(archive)
    edit(files)
    packed = {f"{name}.riae": zipped({name: data}, PASSWORD) for name, data in files.items()}
    archive.write_bytes(zipped(packed))


def asp_extract(archive: Path, scratch: Path) -> oracle.Extract:
    """The extract of an archive, as rows."""
    tables, dates = {}, set()
    for name, data in unpacked(archive).items():
        table = name.split("_")[1]
        if table not in FLUXIAE_TABLES:
            continue
        path = scratch / name
        path.write_bytes(data)
        content = Content(path)
        if content.first.startswith("DEB"):
            day = content.first.removeprefix(f"DEB{table}")[:8]
            dates.add(datetime.strptime(day, "%d%m%Y").date())
        header, *rows = content.records
        tables[table] = [dict(zip(header, row, strict=True)) for row in rows]
        path.unlink()
    return oracle.Extract(max(dates), tables)


def read_into(drop: oracle.Drop, folder: Path, scratch: Path) -> oracle.Drop:
    """What is delivered by now: the sources of this folder take the place of what there was."""
    drop = oracle.Drop(drop.fluxiae, dict(drop.geiq), dict(drop.lists), drop.iti)
    for archive in (folder / "asp_fluxiae").glob("*"):
        drop.fluxiae = asp_extract(archive, scratch)
    for source, table, encoding in (
        ("extrapro", "contrats_pro", "windows-1252"),
        ("asp_contrats_aides", "contrats_aides", "utf-8-sig"),
    ):
        for path in (folder / source).glob("*"):
            day = datetime.strptime(path.name.split(".")[0][-8:], "%Y%m%d").date()
            drop.geiq[table] = oracle.Extract(day, {table: _rows(path, encoding)})
    for path in (folder / "geiq").glob("*"):
        rows = _sheet(path) if path.suffix == ".xlsx" else _rows(path, "windows-1252")
        drop.lists[int(path.stem[-4:])] = rows
    for path in (folder / "bpifrance_iti").glob("*"):
        day = datetime.strptime(path.stem[-8:], "%Y%m%d").date()
        drop.iti = day, _entries(path)
    return drop


def _rows(path: Path, encoding: str) -> list[oracle.Row]:
    text = Content(path).raw.decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def _sheet(path: Path) -> list[oracle.Row]:
    header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    texts = [[str(int(x)) if isinstance(x, float) else str(x) for x in row] for row in rows]
    return [dict(zip(map(str, header), row, strict=True)) for row in texts]


def _entries(path: Path) -> list[oracle.Entry]:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    place = next(line for line, row in enumerate(rows) if "Entrées" in row)
    entries, month = [], None
    for row in rows[place + 1 :]:
        is_total = any(str(cell).upper().startswith("TOTAL") for cell in row[:4])
        if is_total:
            entries.append(oracle.Entry(None, "NL", None, is_total=True))
        elif row[2] or row[4] != "":
            month = _month(row[0]) if row[0] else month
            entries.append(oracle.Entry(month, _DEPARTMENTS[str(row[2])], _count(row[4])))
    return entries


def _month(cell: object) -> date | None:
    if isinstance(cell, date):
        return cell.replace(day=1)
    text = str(cell)
    if "/" in text:
        month, year = text.split("/")
    elif text[:4].isdigit():
        year, month = text.split("-")
    else:
        name, _, year = text.replace("-", " ").partition(" ")
        month = str(_MONTHS.get(name, 0))
    number = int(month) if month.isdigit() else 0
    year = f"20{year}" if len(year) == 2 else year
    return date(int(year), number, 1) if number and year.isdigit() else None


def _count(cell: object) -> int | None:
    text = str(cell).replace(" ", "").removesuffix(".0")
    return int(text) if text.isdigit() else None
