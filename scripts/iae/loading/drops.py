"""What is in a drop: the extracts of each source, and the files that belong to none."""

import datetime as dt
import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from iae.errors import IaeError, listed, printable
from iae.loading.containers import Delivered, delivered
from iae.loading.contents import description
from iae.loading.declaration import Source, Table
from iae.loading.formats.records import column_name
from iae.loading.sources import SOURCES

# What `iae sample` leaves at the root of a drop it wrote.
SYNTHETIC_MARK = "SYNTHETIC.md"

PASSWORD_VARIABLE = "IAE_ARCHIVE_PASSWORD"  # noqa: S105 (its name, not the password)

# docs/sources.md, "Files": accepted endings. A partial download has another one.
_FILE = re.compile(r".*\.(csv|txt|xlsx|xls|ods)(\.(gz|zip|riae))?", re.IGNORECASE | re.DOTALL)
_ARCHIVE = re.compile(r".*\.(zip|tar|tar\.gz|tgz)", re.IGNORECASE | re.DOTALL)
_ENDINGS = ".csv .txt .xlsx .xls .ods, then .gz .zip .riae or nothing; .zip .tar .tar.gz .tgz"
# Folders within a source's folder: its extracts' own, and one of an archive unpacked there.
_MAX_FOLDERS = 3
_NB_SHOWN = 5


@dataclass(frozen=True)
class Extract:
    """What one source delivered: a file for each table, and the date in their names, if any."""

    source: Source
    files: dict[str, Delivered]
    date: dt.date | None
    is_synthetic: bool = False

    def fingerprint(self) -> str:
        """Return a hash of the containers' bytes, of the names within them and of the date.

        Their own names and folders do not count: files are copied, and put in order once loaded.
        """
        digests = hashlib.sha256()
        for path in sorted({item.path for item in self.files.values()}):
            with path.open("rb") as file:
                digests.update(hashlib.file_digest(file, "sha256").digest())
        for table, item in sorted(self.files.items()):
            within = item.label.partition(" > ")[2]
            digests.update(f"\0{table}\0{self.date}\0{within}".encode())
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
    """Find the extracts in drops, or in single sources' folders; a fault hides no others.

    Raise IaeError when a folder is not there or holds nothing recognisable.
    """
    drop = Drop()
    for folder in folders:
        places = _places_in(folder, drop)
        if not places:
            raise IaeError(
                f"{printable(folder)}: nothing here is recognised; expected folders named "
                f"{', '.join(SOURCES)}."
            )
        for place in places:
            place.search()
    # Oldest first, wherever the files of a source were found.
    order = [*SOURCES]
    drop.extracts.sort(
        key=lambda extract: (
            order.index(extract.source.name),
            extract.date is None,
            extract.date or dt.date.min,
        )
    )
    return drop


def _places_in(folder: Path, drop: Drop) -> list["_Place"]:
    """Return the sources of a drop: folders named for them, or one below, and files beside."""
    if not folder.is_dir():
        raise IaeError(f"{printable(folder)}: there is no such folder.")
    inside = _listed(folder)
    named = _named_for_sources(inside, drop)
    beside = [_Place(drop, source, folder, is_mixed=True) for source in _sources_of(inside)]
    if named:
        known = {place.folder for place in named}
        drop.left_alone += [
            f"{printable(path)}/" for path in inside if path.is_dir() and path not in known
        ]
        drop.left_alone += [
            printable(path)
            for path in inside
            if not (path.is_dir() or _is_hidden(path) or path.name == SYNTHETIC_MARK)
            and not (_source_named(path) or _sources_of([path]))
        ]
        return [*named, *beside]
    if source := _source_named(folder.resolve()):
        return [_Place(drop, source, folder)]
    if beside:
        return beside if len(beside) > 1 else [_Place(drop, beside[0].source, folder)]
    return [
        place
        for path in inside
        if path.is_dir() and not _is_hidden(path)
        for place in _named_for_sources(_listed(path), drop)
    ]


def _named_for_sources(paths: Iterable[Path], drop: Drop) -> list["_Place"]:
    return [_Place(drop, source, path) for path in paths if (source := _source_named(path))]


def _source_named(path: Path) -> Source | None:
    """Return the source that a folder is named for, in any case, accents and hyphens aside."""
    return SOURCES.get(re.sub(r"[\W_]+", "_", column_name(path.name)).strip("_"))


def _sources_of(paths: list[Path]) -> list[Source]:
    """Return the sources that files belong to, by their names or those of what they hold."""
    names = [
        name
        for path in paths
        if path.is_file() and not _is_hidden(path) and _is_accepted(path.name)
        for item in delivered(path, printable(path.name), os.environ.get(PASSWORD_VARIABLE))
        for name in item.names
    ]
    return [
        source
        for source in SOURCES.values()
        if any(table.is_named(name) for table in source.tables for name in names)
    ]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        raise IaeError(
            f"{printable(folder)}: no permission to read this folder; change its mode or its owner."
        ) from None


def _is_hidden(path: Path) -> bool:
    return path.name.startswith((".", "~$", "__MACOSX"))


def _is_accepted(name: str) -> bool:
    return bool(_FILE.fullmatch(name) or _ARCHIVE.fullmatch(name))


@dataclass(frozen=True)
class _Found:
    """A delivered file that holds a table of the source, and where it was found."""

    table: str
    item: Delivered
    folder: Path
    date: dt.date | None


@dataclass
class _Place:
    """A folder where a source's files are, to be told apart into extracts.

    `is_mixed` when others' files are there too.
    """

    drop: Drop
    source: Source
    folder: Path
    is_mixed: bool = False
    found: list[_Found] = field(default_factory=list)
    faults: dict[Path, IaeError] = field(default_factory=dict)
    left_alone: list[str] = field(default_factory=list)
    # Why some of the files left alone cannot be read: they may hold what is missing.
    unread: list[IaeError] = field(default_factory=list)

    def search(self) -> None:
        """Add to the drop what is in the place: extracts, faults, and what is left alone."""
        name = self.source.name
        try:
            if not self.folder.is_dir():
                what = "a file" if self.folder.exists() else "a link to nothing"
                folder = printable(self.folder)
                raise IaeError(f"{folder} is {what}, where a folder is expected.")
            for path in self._files(self.folder, _MAX_FOLDERS, set()):
                self._look_at(path)
        except IaeError as fault:
            self.drop.faults.append(IaeError(f"{name}: {fault}"))
            return
        if not self.is_mixed:
            self.drop.left_alone += [f"{name}/{one}" for one in self.left_alone]
        self.drop.faults += [IaeError(f"{name}: {fault}") for fault in self.faults.values()]
        try:
            self._add_extracts()
        except IaeError as fault:
            self.drop.faults.append(fault)

    def _files(self, folder: Path, nb_levels: int, seen: set[Path]) -> Iterator[Path]:
        """Yield the files of a folder and of those below, each folder once."""
        if folder.resolve() in seen:
            return
        seen.add(folder.resolve())
        inside = _listed(folder)
        if not inside and folder != self.folder:
            self.left_alone.append(f"{self._below(folder)}/ (empty)")
        for path in inside:
            if _is_hidden(path) or path.name == SYNTHETIC_MARK:
                continue
            if path.is_file():
                yield path
            elif path.is_dir() and nb_levels and not self.is_mixed:
                yield from self._files(path, nb_levels - 1, seen)
            elif not self.is_mixed:
                self.left_alone.append(self._below(path) + "/" * path.is_dir())

    def _below(self, path: Path) -> str:
        return printable(path.relative_to(self.folder))

    def _look_at(self, path: Path) -> None:
        label = self._below(path)
        if not _is_accepted(path.name):
            self.left_alone.append(label)
            return
        if self.is_mixed and self.source not in _sources_of([path]):
            return
        for item in delivered(path, label, os.environ.get(PASSWORD_VARIABLE)):
            table, name = self._table(item)
            if table and not item.fault:
                date = self._date(item, name)
                self.found.append(_Found(table.name, item, path.parent, date))
            elif fault := self._fault(item, is_table=table is not None):
                self.faults.setdefault(path, fault)
            else:
                self.left_alone.append(item.label)
                if item.fault:
                    self.unread.append(IaeError(f"{self.source.name}: {item.fault}"))

    def _table(self, item: Delivered) -> tuple[Table | None, str]:
        """Return the table that a file holds, and the name that says so."""
        own_name = item.names[0]
        if "." in own_name and not _is_accepted(own_name):
            return None, own_name
        for name in item.names:
            for table in self.source.tables:
                if table.is_named(name):
                    return table, name
        return None, own_name

    def _date(self, item: Delivered, name: str) -> dt.date | None:
        """Return the date in a file's name, else in the nearest name of what it is in."""
        names = [name, *reversed(re.split(" > |/", item.label))]
        return next(filter(None, map(self.source.date_in, names)), None)

    def _fault(self, item: Delivered, is_table: bool) -> IaeError | None:
        """Return why a file that may hold a table cannot be looked into."""
        own_name = item.names[0]
        is_archive = bool(_ARCHIVE.fullmatch(own_name)) and not _FILE.fullmatch(own_name)
        if item.fault:
            return item.fault if is_table or is_archive else None
        if not is_archive:
            return None
        what, advice = description(item) or ("a text", "give it the ending .csv")
        return IaeError(f"{item.label}: is {what}, not a .zip or .tar; {advice}.")

    def _add_extracts(self) -> None:
        if not self.found:
            if not self.faults:
                raise self.unread[0] if self.unread else self._nothing_found()
            return
        is_marked = any(
            (folder / SYNTHETIC_MARK).is_file() for folder in (self.folder, self.folder.parent)
        )
        missing: list[str] = []
        for date, group in self._groups():
            if fault := self._repeated(group):
                self.drop.faults.append(fault)
                continue
            files = {one.table: one.item for one in group}
            if group_missing := [one for one in self.source.tables if one.name not in files]:
                of_date = f" of {date:%Y-%m-%d}" if date else ""
                missing.append(", ".join(one.name for one in group_missing) + of_date)
                example = group_missing[0].example
                continue
            is_synthetic = is_marked or (group[0].folder / SYNTHETIC_MARK).is_file()
            self.drop.extracts.append(Extract(self.source, files, date, is_synthetic))
        if missing and not self.faults:
            if self.unread:
                raise self.unread[0]
            raise IaeError(
                f"{self.source.name}: no file for {' and '.join(missing)} in "
                f"{printable(self.folder)}; expected a name such as {example}, and all files "
                f"of one extract together{self._unaccepted()}."
            )

    def _groups(self) -> list[tuple[dt.date | None, list[_Found]]]:
        """Tell the extracts apart: by folder, by date (else the folder's only one), by archive."""
        by_date: dict[tuple[Path, dt.date | None], list[_Found]] = defaultdict(list)
        for one in self.found:
            dates = {other.date for other in self.found if other.folder == one.folder}
            only = next(iter(dates - {None})) if len(dates - {None}) == 1 else None
            by_date[one.folder, one.date or only].append(one)
        groups = []
        for (_, date), files in by_date.items():
            by_archive: dict[tuple[str, ...], list[_Found]] = defaultdict(list)
            for one in files:
                by_archive[_archive(one, files)].append(one)
            is_one = len({one.table for one in files}) == len(files)
            groups += [(date, files)] if is_one else [(date, part) for part in by_archive.values()]
        return groups

    def _repeated(self, group: list[_Found]) -> IaeError | None:
        for table in self.source.tables:
            labels = [one.item.label for one in group if one.table == table.name]
            if len(labels) > 1:
                return IaeError(
                    f"{self.source.name}: several files for one table of one extract "
                    f"({', '.join(labels)}); keep one of them."
                )
        return None

    def _nothing_found(self) -> IaeError:
        folder = printable(self.folder)
        what = listed(self.left_alone) or "nothing"
        tables = ", ".join(table.name for table in self.source.tables)
        return IaeError(
            f"{self.source.name}: no file for {tables} in {folder}, which holds {what}; "
            f"expected a name such as {self.source.tables[0].example}{self._unaccepted()}."
        )

    def _unaccepted(self) -> str:
        """Say which files are left alone for their ending only."""
        names = [
            name
            for name in self.left_alone
            if not _is_accepted(name)
            and (
                _is_accepted(name.rpartition(".")[0])  # an archive that is not there whole
                or any(table.is_named(re.split(" > |/", name)[-1]) for table in self.source.tables)
            )
        ]
        if not names:
            return ""
        return f" (the ending of {', '.join(names[:_NB_SHOWN])} is none of {_ENDINGS})"


def _archive(found: _Found, files: list[_Found]) -> tuple[str, ...]:
    """Return the innermost archive around a file that holds several tables; () without one.

    A Zip of one table and its notice is no archive of an extract.
    """
    archives = found.item.archives
    while archives:
        nb_levels = len(archives)
        inside = {one.table for one in files if one.item.archives[:nb_levels] == archives}
        if len(inside) > 1:
            return archives
        archives = archives[:-1]
    return ()
