"""The sample read back by other means than the project's: files, records, the oracle's stock."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb

import oracle

FLUXIAE_TABLES = ("Structure", "AnnexeFinanciere", "ContratMission", "EtatMensuelIndiv", "Salarie")


@dataclass(frozen=True)
class Content:
    """The text of one file, out of its container."""

    path: Path

    @cached_property
    def raw(self) -> bytes:
        data = self.path.read_bytes()
        if self.container == "gzip":
            return gzip.decompress(data)
        if self.container == "zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                (name,) = archive.namelist()
                return archive.read(name)
        return data

    @property
    def container(self) -> str:
        start = self.path.read_bytes()[:4]
        return {b"\x1f\x8b": "gzip", b"PK": "zip"}.get(start[:2], "plain")

    @property
    def has_bom(self) -> bool:
        return self.raw.startswith(b"\xef\xbb\xbf")

    @property
    def line_end(self) -> str:
        return "\r\n" if self.raw.partition(b"\n")[0].endswith(b"\r") else "\n"

    @cached_property
    def lines(self) -> list[str]:
        return self.raw.decode("utf-8-sig").split(self.line_end)[:-1]

    @property
    def first(self) -> str:
        return self.lines[0]

    @property
    def last(self) -> str:
        return self.lines[-1]

    @cached_property
    def records(self) -> list[list[str]]:
        """Header and data records, each with as many fields, of a FluxIAE file."""
        lines = self.lines[self.first.startswith("DEB") :]
        if lines[-1].startswith("FIN"):
            lines.pop()
        nb_separators = lines[0].count("|")
        records: list[str] = []
        is_open = False
        for line in lines:
            # A fragment after a whole record belongs to that record's last field.
            if is_open or (records and not line.count("|")):
                records[-1] += "\n" + line
            else:
                records.append(line)
            is_open = records[-1].count("|") < nb_separators
        return [record.split("|") for record in records]


def fluxiae_file(drop: Path, table: str) -> Content:
    (path,) = (drop / "asp_fluxiae").glob(f"fluxIAE_{table}_*")
    return Content(path)


def read_fluxiae(drop: Path, scratch: Path) -> duckdb.DuckDBPyConnection:
    """A database with the five tables as text, and `line`, the rank of a record in its file."""
    connection = duckdb.connect()
    for table in FLUXIAE_TABLES:
        header, *rows = fluxiae_file(drop, table).records
        path = scratch / f"{table}.txt"
        with path.open("w", encoding="utf-8") as target:
            target.writelines(
                "\x1f".join([*row, str(rank)]).replace("\n", " ") + "\n"
                for rank, row in enumerate(rows)
            )
        columns = dict.fromkeys(header, "varchar") | {"line": "bigint"}
        connection.read_csv(
            str(path), header=False, sep="\x1f", quotechar="", auto_detect=False, columns=columns
        ).create(table)
    return connection


def count_stock(drop: Path, extract_date: date) -> dict[tuple[date, str, str], int]:
    """The stock of the ASP types by month, department and type, as the oracle counts it."""
    tables = {}
    for table in FLUXIAE_TABLES:
        header, *rows = fluxiae_file(drop, table).records
        tables[table] = [dict(zip(header, row, strict=True)) for row in rows]
    people: oracle.People = defaultdict(set)
    oracle.count_fluxiae(oracle.Extract(extract_date, tables), people)
    return {cell: len(persons) for cell, persons in people.items()}
