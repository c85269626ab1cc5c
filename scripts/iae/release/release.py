"""The release: one immutable folder per edition, and the latest under a name of its own."""

import filecmp
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from iae.datapackage import SCHEMA, Table, describe, read_tables
from iae.errors import IaeError
from iae.faults import read_published
from iae.folders import MARK, replaced
from iae.release.changes import change_log, feed
from iae.release.workbook import write_workbook
from iae.sql import write_files

FOLDER = "donnees"
LATEST = "latest"
DESCRIPTOR = "datapackage.json"
CHECKSUMS = "SHA256SUMS"
CHANGE_LOG = "CHANGELOG.md"
WORKBOOK = "insertion-par-l-activite-economique.xlsx"
FEED = "feed.atom"
COMMAND = "release"
# Sources that date no edition: the published series, and lists that are of a year.
UNDATED = ("barometre", "geiq")


@dataclass(frozen=True)
class Release:
    """What was written: the folder of the edition, rows by table, its change log."""

    folder: Path
    rows: dict[str, int]
    changes: list[str]
    is_synthetic: bool
    is_new: bool


def write_release(published: Path, site: Path) -> Release:
    """Write the open tables of the published file as an edition below `site`, unless it is there.

    Other figures of the same date are a correction, with a folder of their own. Raise IaeError
    when nothing is published.
    """
    with read_published(published) as connection:
        tables = read_tables(connection)
        if not tables:
            raise IaeError(f"{published}: has no open tables; run dbt build and iae publish again.")
        return _write(connection, tables, site / FOLDER)


def read_editions(out: Path) -> list[Path]:
    """Return the folders of the editions, oldest first."""
    folders = [path.parent for path in out.glob(f"*/{DESCRIPTOR}") if path.parent.name != LATEST]
    return sorted(folders, key=lambda folder: _order(folder.name))


def read_descriptor(folder: Path) -> dict[str, Any]:
    """Return the descriptor of an edition."""
    descriptor: dict[str, Any] = json.loads((folder / DESCRIPTOR).read_text("utf-8"))
    return descriptor


def _order(version: str) -> tuple[str, int]:
    day, _, release = version.partition(".")
    return day, int(release or 1)


def _write(connection: duckdb.DuckDBPyConnection, tables: list[Table], out: Path) -> Release:
    is_synthetic = any(table.is_synthetic for table in tables)
    editions = read_editions(out)
    day = edition_date(connection)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".") as scratch:
        files = Path(scratch)
        rows = {table.name: write_table(connection, table, files) for table in tables}
        same_day = [one for one in editions if _order(one.name)[0] == day]
        there = next((one for one in same_day if _has_same_figures(one, files)), None)
        if there is None:
            last = _order(same_day[-1].name)[1] if same_day else 0
            version = f"{day}.{last + 1}" if last else day
            # Real after real, synthetic after synthetic.
            before = [
                one
                for one in editions
                if _order(one.name) < _order(version)
                and read_descriptor(one)["is_synthetic"] == is_synthetic
            ]
            log = change_log(connection, version, before[-1] if before else None)
            _describe(connection, tables, version, files, log)
            with replaced(out / version, COMMAND) as folder:
                for path in files.iterdir():
                    path.chmod(0o444)  # an edition is never rewritten
                    path.rename(folder / path.name)
            there = out / version
    _write_latest(out)
    lines = (there / CHANGE_LOG).read_text("utf-8").splitlines()
    changes = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    return Release(there, rows, changes, is_synthetic, is_new=there not in editions)


def edition_date(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the date of the latest extract of the stock, else of the published series."""
    dates = connection.execute(f"select source, extract_date from {SCHEMA}.extracts").fetchall()  # noqa: S608
    dated = [day for source, day in dates if source not in UNDATED]
    published = [day for source, day in dates if source == "barometre"]
    if not (dated or published):
        raise IaeError("Nothing is loaded that makes an edition: run iae load, then dbt build.")
    return f"{max(dated or published):%Y-%m-%d}"


def write_table(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> int:
    """Write a CSV and a Parquet; return the rows."""
    relation = connection.sql(table.sql)
    write_files(relation, folder, table.name)
    return len(relation)


def _has_same_figures(edition: Path, files: Path) -> bool:
    names, there = (sorted(path.name for path in one.glob("*.csv")) for one in (files, edition))
    same, _, _ = filecmp.cmpfiles(edition, files, names, shallow=False)
    return names == there == same


def _describe(
    connection: duckdb.DuckDBPyConnection, tables: list[Table], version: str, folder: Path, log: str
) -> None:
    """Write the workbook, the descriptor, the change log and the checksums of an edition."""
    sizes = {path.name: (path.stat().st_size, _digest(path)) for path in folder.glob("*.csv")}
    descriptor = describe(connection, tables, version, sizes)
    write_workbook(connection, tables, descriptor, folder / WORKBOOK)
    text = json.dumps(descriptor, ensure_ascii=False, indent=2)
    (folder / DESCRIPTOR).write_text(text + "\n", "utf-8")
    (folder / CHANGE_LOG).write_text(f"# {descriptor['title']}\n\n{log}", "utf-8")
    sums = [f"{_digest(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / CHECKSUMS).write_text("".join(sums), "utf-8")


def _write_latest(out: Path) -> None:
    """Copy the last edition, a real one if any, to `latest`; write the change log and the feed."""
    editions = [(read_descriptor(folder), folder) for folder in read_editions(out)]
    real = [one for one in editions if not one[0]["is_synthetic"]]
    _, last = (real or editions)[-1]
    with replaced(out / LATEST, COMMAND) as folder:
        for path in last.iterdir():
            if path.name != MARK:
                shutil.copyfile(path, folder / path.name)
    newest_first = [
        (descriptor, (folder / CHANGE_LOG).read_text("utf-8"))
        for descriptor, folder in reversed(editions)
    ]
    sections = ["".join(log.partition("## ")[1:]) for _, log in newest_first]
    title = "# Éditions, de la dernière à la première\n"
    _replace_file(out / CHANGE_LOG, "\n".join([title, *sections]).encode())
    _replace_file(out / FEED, feed(newest_first, FEED))


def _replace_file(path: Path, content: bytes) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.write_bytes(content)
    new.replace(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
