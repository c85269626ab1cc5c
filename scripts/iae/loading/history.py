"""The log of loads: which extracts are kept, and which of them count."""

import datetime as dt
from dataclasses import dataclass, field

import duckdb

from iae.errors import IaeError
from iae.loading.declaration import Source
from iae.loading.formats.records import Record
from iae.loading.raw_tables import create_raw_views, landing_target
from iae.loading.sources import SOURCES


@dataclass(frozen=True)
class Load:
    """A load that is kept, as raw.extracts has it."""

    load_id: int
    date: dt.date
    is_current: bool
    fingerprint: str
    is_synthetic: bool = False

    @property
    def rank(self) -> tuple[bool, dt.date, int]:
        """Place in time; a real extract comes after every synthetic one."""
        return (not self.is_synthetic, self.date, self.load_id)


@dataclass(frozen=True)
class LandedFile:
    """What became of one file; `first_line` as `land` returns it; its sheets left alone."""

    table: str
    file: str
    nb_records: int
    nb_rows: int
    rejections: list[Record]
    first_line: int | None
    seconds: float
    left_alone: list[str] = field(default_factory=list)

    @property
    def nb_rejected(self) -> int:
        """Number of records that do not fit."""
        return len(self.rejections)


def loads(connection: duckdb.DuckDBPyConnection, source: Source) -> list[Load]:
    """Return the kept loads of a source, the latest extract first."""
    rows = connection.execute(
        """
        select load_id, extract_date, is_current, fingerprint, is_synthetic
        from raw.extracts
        where source = ?
        """,
        [source.name],
    ).fetchall()
    return sorted((Load(*row) for row in rows), key=lambda load: load.rank, reverse=True)


def compared_with(kept: list[Load], source: Source, new: Load) -> Load | None:
    """Return the current load that a new one is to be compared with, the one it replaces.

    None when it replaces nothing: it is the first, it is older, it is real and the current one
    synthetic, or (where dates accumulate) no other of its date is loaded.
    """
    current = [
        load
        for load in kept
        if load.is_current
        and load.rank < new.rank
        and load.is_synthetic == new.is_synthetic
        and (load.date == new.date or not source.accumulates)
    ]
    return current[0] if current else None


def becomes_current(kept: list[Load], source: Source, new: Load) -> bool:
    """Tell whether a new load counts."""
    rivals = [
        load
        for load in kept
        if load.is_current
        and (
            not source.accumulates or load.date == new.date or load.is_synthetic != new.is_synthetic
        )
    ]
    return all(load.rank < new.rank for load in rivals)


def is_beyond_history(kept: list[Load], source: Source, new: Load, keep: int) -> bool:
    """Tell whether a new load is older than all that is kept, and would be dropped."""
    return (
        not becomes_current(kept, source, new)
        and sum(load.rank > new.rank for load in kept) >= keep
    )


def record(
    connection: duckdb.DuckDBPyConnection, source: Source, load: Load, files: list[LandedFile]
) -> None:
    """Write a load into the log, not current yet: its files, one by table, and their rejections."""
    connection.execute(
        "insert into raw.extracts values (?, ?, ?, false, ?, ?, ?, ?, ?)",
        [
            load.load_id,
            source.name,
            load.date,
            dt.datetime.now(dt.UTC).replace(tzinfo=None),
            sum(file.nb_rows for file in files),
            sum(file.nb_rejected for file in files),
            load.fingerprint,
            load.is_synthetic,
        ],
    )
    for table, file in zip(source.tables, files, strict=True):
        connection.execute(
            "insert into raw.extract_files values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                load.load_id,
                source.name,
                file.table,
                file.file,
                file.nb_records,
                file.nb_rows,
                file.nb_rejected,
                file.first_line,
                file.seconds,
            ],
        )
        texts = [
            None if table.has_personal_data else one.text.decode("utf-8", "replace")
            for one in file.rejections
        ]
        connection.execute(
            """
            insert into raw.rejected_rows
            select
                $load_id, $source, $table, $file,
                unnest($lines), unnest($reasons), unnest($texts),
            """,
            {
                "load_id": load.load_id,
                "source": source.name,
                "table": table.name,
                "file": file.file,
                "lines": [one.line for one in file.rejections],
                "reasons": [one.reason for one in file.rejections],
                "texts": texts,
            },
        )


def make_current(connection: duckdb.DuckDBPyConnection, source: Source, load: Load) -> None:
    """Let a load count instead of the one that did; real and synthetic ones never do together."""
    connection.execute(
        """
        update raw.extracts
        set is_current = (load_id = $load_id)
        where
            source = $source
            and ($is_alone or extract_date = $date or is_synthetic <> $is_synthetic)
        """,
        {
            "load_id": load.load_id,
            "source": source.name,
            "is_alone": not source.accumulates,
            "date": load.date,
            "is_synthetic": load.is_synthetic,
        },
    )


def prune(connection: duckdb.DuckDBPyConnection, source: Source, keep: int) -> None:
    """Drop the oldest loads beyond `keep`, by date where dates accumulate; current ones stay."""
    kept = sorted(loads(connection, source), key=lambda load: not load.is_current)
    groups: dict[dt.date | None, list[Load]] = {}
    for load in kept:
        groups.setdefault(load.date if source.accumulates else None, []).append(load)
    for group in groups.values():
        for load in group[keep:]:
            for table in source.tables:
                target = landing_target(source, table, load.load_id)
                connection.execute(f"drop table {target.rows}")
                connection.execute(f"drop table if exists {target.lines}")
            for log in ("extracts", "extract_files", "rejected_rows"):
                connection.execute(
                    f"delete from raw.{log} where load_id = ?",  # noqa: S608
                    [load.load_id],
                )


def roll_back(connection: duckdb.DuckDBPyConnection, source_name: str) -> tuple[Load, Load | None]:
    """Make the previous extract of a source current; return the load before and the one now."""
    if source_name not in SOURCES:
        raise IaeError(f"There is no source of that name; the sources are {', '.join(SOURCES)}.")
    source = SOURCES[source_name]
    kept = loads(connection, source)
    current = [load for load in kept if load.is_current]
    if not current:
        raise IaeError(f"{source.name}: nothing is loaded.")
    last = max(current, key=lambda load: load.load_id)
    before = [
        load
        for load in kept
        if load.rank < last.rank and (load.date == last.date or not source.accumulates)
    ]
    if not before and not (source.accumulates and len(current) > 1):
        raise IaeError(f"{source.name}: no earlier extract is kept to go back to.")
    connection.execute("begin")
    if before:
        make_current(connection, source, before[0])
    else:
        connection.execute(
            "update raw.extracts set is_current = false where load_id = ?", [last.load_id]
        )
    create_raw_views(connection, source)
    connection.execute("commit")
    return last, before[0] if before else None
