"""What is in a drop: the extracts of each source, and the files that belong to none."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from iae.errors import IaeError, printable
from iae.loading.containers import Delivered, delivered
from iae.loading.declaration import Source, Table
from iae.loading.sources import SOURCES

# What `iae sample` leaves at the root of a drop it wrote.
SYNTHETIC_MARK = "SYNTHETIC.md"

PASSWORD_VARIABLE = "IAE_ARCHIVE_PASSWORD"  # noqa: S105 (its name, not the password)


@dataclass(frozen=True)
class Extract:
    """What one source delivered on one date: a file for each of its tables.

    `date` is the date in the names, None where they bear none.
    """

    source: Source
    files: dict[str, Delivered]
    date: dt.date | None
    is_synthetic: bool = False

    def fingerprint(self) -> str:
        """Return a hash of the containers' bytes and of the names of the files."""
        digests = hashlib.sha256()
        for path in sorted({item.path for item in self.files.values()}):
            with path.open("rb") as file:
                digests.update(hashlib.file_digest(file, "sha256").digest())
        for table, item in sorted(self.files.items()):
            digests.update(f"\0{table}\0{item.label}".encode())
        return digests.hexdigest()

    @property
    def nb_bytes(self) -> int:
        """Size of the containers on disk."""
        return sum(path.stat().st_size for path in {item.path for item in self.files.values()})


@dataclass
class Drop:
    """What was found: extracts, oldest first by source, faults, and what is left alone."""

    extracts: list[Extract] = field(default_factory=list)
    faults: list[IaeError] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)


def look_into(folders: list[Path]) -> Drop:
    """Find the extracts in drops, or in single sources' folders.

    Raise IaeError when a folder is not there or holds nothing recognisable. A fault in one source
    does not hide the others.
    """
    drop = Drop()
    for folder in folders:
        sources = _sources_in(folder, drop)
        if not sources:
            raise IaeError(
                f"{printable(folder)}: nothing here is recognised; expected folders named "
                f"{', '.join(SOURCES)}."
            )
        for source, place in sources:
            try:
                drop.extracts += _extracts(source, place, drop)
            except IaeError as fault:
                drop.faults.append(fault)
    return drop


def _sources_in(folder: Path, drop: Drop) -> list[tuple[Source, Path]]:
    if not folder.is_dir():
        raise IaeError(f"{printable(folder)}: there is no such folder.")
    try:
        inside = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        raise IaeError(f"{printable(folder)}: cannot be read; change its mode.") from None
    found = [(SOURCES[path.name], path) for path in inside if path.name in SOURCES]
    if found:
        drop.left_alone += [f"{printable(path)}/" for path in inside if path.name not in SOURCES]
        return found
    name = folder.resolve().name
    if name in SOURCES:
        return [(SOURCES[name], folder)]
    return [
        (source, folder)
        for source in SOURCES.values()
        if any(_table(source, path, folder, path.name) for path in _files(source, folder))
    ]


def _files(source: Source, folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.glob(source.glob)
        if path.is_file() and not path.name.startswith((".", "~"))
    )


def _table(
    source: Source, path: Path, folder: Path, name: str
) -> tuple[Table, dt.date | None] | None:
    """Return the table a name stands for, with the date the name bears."""
    below = printable(path.parent.relative_to(folder) / name)
    for table in source.tables:
        if found := table.match(below):
            return table, _date(source, found["date"])
    return None


def _date(source: Source, text: str | None) -> dt.date | None:
    try:
        return dt.datetime.strptime(text or "", source.date_format).date()
    except ValueError:
        return None


def _extracts(source: Source, folder: Path, drop: Drop) -> list[Extract]:
    by_date: dict[dt.date | None, dict[str, list[Delivered]]] = defaultdict(
        lambda: defaultdict(list)
    )
    unreadable: list[IaeError] = []
    paths = _files(source, folder)
    for path in paths:
        recognised = False
        try:
            for item in delivered(
                path, printable(path.relative_to(folder)), os.environ.get(PASSWORD_VARIABLE)
            ):
                for name in item.names:
                    if found := _table(source, path, folder, name):
                        table, date = found
                        by_date[date][table.name].append(item)
                        recognised = True
                        break
        except IaeError as fault:
            if _table(source, path, folder, path.name):
                raise IaeError(f"{source.name}: {fault}") from None
            unreadable.append(fault)
        if not recognised:
            drop.left_alone.append(f"{source.name}/{printable(path.relative_to(folder))}")
    if not by_date and not paths:
        drop.left_alone.append(f"{source.name}/ (empty)")
        return []
    is_synthetic = any((place / SYNTHETIC_MARK).is_file() for place in (folder, folder.parent))
    extracts = _grouped(source, by_date)
    for extract in extracts:
        _check_complete(source, extract, printable(folder), unreadable)
    return [
        Extract(source, {table: items[0] for table, items in files.items()}, date, is_synthetic)
        for date, files in extracts
    ]


Group = tuple[dt.date | None, dict[str, list[Delivered]]]


def _grouped(
    source: Source, by_date: dict[dt.date | None, dict[str, list[Delivered]]]
) -> list[Group]:
    if not source.is_one_extract:
        return sorted(by_date.items(), key=lambda group: group[0] or dt.date.min) or [(None, {})]
    dates = sorted(date for date in by_date if date)
    if len(dates) > 1:
        raise IaeError(
            f"{source.name}: the file names bear different dates "
            f"({', '.join(f'{date:%d/%m/%Y}' for date in dates)}); "
            "keep the files of one extract in the folder."
        )
    files: dict[str, list[Delivered]] = defaultdict(list)
    for tables in by_date.values():
        for table, items in tables.items():
            files[table] += items
    return [(dates[0] if dates else None, files)]


def _check_complete(
    source: Source, extract: Group, folder: str, unreadable: list[IaeError]
) -> None:
    _, files = extract
    for table in source.tables:
        items = files.get(table.name, [])
        if len(items) > 1:
            raise IaeError(
                f"{source.name}: several files for one table of one extract "
                f"({', '.join(item.label for item in items)}); keep one of them."
            )
        if not items and unreadable:
            raise IaeError(f"{source.name}: {unreadable[0]}")
        if not items:
            raise IaeError(
                f"{source.name}: no file for {table.name} in {folder}; "
                f"expected a name such as {table.example}."
            )
