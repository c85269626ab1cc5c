"""Loading an extract: one transaction, checked before it replaces anything."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from iae.errors import IaeError
from iae.loading import history
from iae.loading.comparison import compare, refuse_falls
from iae.loading.declaration import Source, Table
from iae.loading.drops import Extract
from iae.loading.formats.records import Reading
from iae.loading.landing import Block, NotAsCountedError, filled_ahead, land
from iae.loading.personal import salt
from iae.loading.raw_tables import create_raw_views, landing_lines, landing_table

EARLIEST_DATE = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class Options:
    """What the operator decides.

    `max_rejected` is the share of a file's records that may be rejected; `max_fall` the share by
    which a figure may fall from the current extract to a new one; `keep` the number of extracts
    kept; `accept` lets in an extract whose figures fall.
    """

    keep: int = 2
    max_rejected: float = 0.001
    max_fall: float = 0.2
    accept: bool = False


@dataclass(frozen=True)
class LandedFile:
    """What became of one file; `first_line` as in `landing.Landed`."""

    table: str
    file: str
    nb_records: int
    nb_rows: int
    nb_rejected: int
    first_line: int | None
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What became of one extract; `note` says it."""

    source: str
    date: dt.date
    files: list[LandedFile] = field(default_factory=list)
    note: str = "loaded"


# Called with a file's table, and the bytes of its container consumed so far.
OnProgress = Callable[[str, int], None]


def load(
    connection: duckdb.DuckDBPyConnection,
    warehouse: Path,
    extract: Extract,
    options: Options,
    on_progress: OnProgress,
) -> Outcome:
    """Load an extract, whole or not at all; the same extract again changes nothing.

    Raise IaeError, with the warehouse as it was, for any fault of the extract.
    """
    fingerprint = extract.fingerprint()
    if outcome := _loaded_before(connection, extract.source, fingerprint, options):
        return outcome
    careful: set[str] = set()
    while True:
        attempt = _Load(connection, warehouse, extract, options, on_progress, fingerprint)
        try:
            return attempt.run(careful)
        except NotAsCountedError as error:
            # Lines that are too short and too long made up for each other: check each of them.
            careful.add(str(error))


def _loaded_before(
    connection: duckdb.DuckDBPyConnection, source: Source, fingerprint: str, options: Options
) -> Outcome | None:
    known = [one for one in history.loads(connection, source) if one.fingerprint == fingerprint]
    if not known:
        return None
    [last, *_] = known
    if last.is_current:
        return Outcome(source.name, last.date, note="already loaded, nothing to do")
    if not options.accept:
        note = "already loaded; kept, but not current: --accept makes it current"
        return Outcome(source.name, last.date, note=note)
    with _transaction(connection):
        history.make_current(connection, source, last)
        create_raw_views(connection, source)
    return Outcome(source.name, last.date, note="already loaded; made current again")


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
    except BaseException:
        # DuckDB has already rolled back when it was the one to fail.
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise
    connection.execute("commit")


@dataclass
class _Load:
    """One attempt at loading one extract."""

    connection: duckdb.DuckDBPyConnection
    warehouse: Path
    extract: Extract
    options: Options
    on_progress: OnProgress
    fingerprint: str

    def run(self, careful: set[str]) -> Outcome:
        source = self.extract.source
        with ExitStack() as closing:
            readings = {}
            for table in source.tables:
                item = self.extract.files[table.name]
                reading = source.open(item, table.wanted, table.name in careful)
                closing.callback(reading.close)
                _check_columns(reading, table)
                readings[table.name] = reading
            date = self._date(readings)
            [load_id] = self.connection.execute("select nextval('raw.load_ids')").fetchone() or (0,)
            new = history.Load(load_id, date, False, self.fingerprint, self.extract.is_synthetic)
            kept = history.loads(self.connection, source)
            if history.is_beyond_history(kept, source, new, self.options.keep):
                note = f"not loaded: older than the {self.options.keep} extracts kept (--keep)"
                return Outcome(source.name, date, note=note)
            with _transaction(self.connection):
                return self._land(readings, new, kept)

    def _date(self, readings: dict[str, Reading]) -> dt.date:
        """Return the extract's date: the latest DEB date, else the one in the file names."""
        source = self.extract.source
        dates = [reading.date for reading in readings.values() if reading.date]
        date = max(dates) if dates else self.extract.date
        if date is None:
            example = source.tables[0].example
            raise IaeError(
                f"{source.name}: no date in the file names; expected a name such as {example}."
            )
        if not EARLIEST_DATE <= date <= dt.date.today() + dt.timedelta(days=366):
            raise IaeError(
                f"{source.name}: the extract is dated {date:%d/%m/%Y}, which cannot be; "
                "correct the file names or ask for the extract again."
            )
        return date

    def _land(
        self, readings: dict[str, Reading], new: history.Load, kept: list[history.Load]
    ) -> Outcome:
        source = self.extract.source
        with filled_ahead(readings.values(), self._show_progress) as blocks:
            files = [
                self._land_table(table, readings[table.name], blocks, new)
                for table in source.tables
            ]
        before = history.compared_with(kept, source, new)
        if before and not self.options.accept:
            figures = compare(self.connection, source, before, new)
            refuse_falls(source, before, new, figures, self.options.max_fall)
        self._log(new, files, readings)
        note = "loaded"
        if history.becomes_current(kept, source, new):
            history.make_current(self.connection, source, new)
        else:
            note = "kept, but not current: older than the current extract"
        history.prune(self.connection, source, self.options.keep)
        create_raw_views(self.connection, source)
        if new.is_synthetic:
            note += " (synthetic)"
        return Outcome(source.name, new.date, files, note)

    def _show_progress(self, reading: Reading) -> None:
        [table] = [name for name, item in self.extract.files.items() if item is reading.item]
        self.on_progress(table, reading.stream.position())

    def _land_table(
        self, table: Table, reading: Reading, blocks: Iterator[Block], new: history.Load
    ) -> LandedFile:
        started = time.monotonic()
        label = reading.item.label
        landed = land(
            self.connection,
            landing_table(self.extract.source, table, new.load_id),
            landing_lines(self.extract.source, table, new.load_id),
            table,
            reading,
            blocks,
            salt(self.warehouse) if table.nir else None,
        )
        nb_rows = landed.nb_rows
        nb_rejected = len(reading.rejections)
        nb_records = reading.nb_records + nb_rejected
        if reading.nb_announced not in (None, nb_records):
            raise IaeError(
                f"{label}: FIN announces {reading.nb_announced} records and {nb_records} are "
                "there; the file is not whole, ask for it again."
            )
        if table.keep:
            # Other indicators of the file are none of its records here.
            nb_records = nb_rows + nb_rejected
        if nb_rows + nb_rejected != nb_records:
            raise IaeError(f"{label}: {nb_records} records but {nb_rows} rows landed; report it.")
        if nb_rejected > self.options.max_rejected * nb_records:
            first = reading.rejections[0]
            raise IaeError(
                f"{label}: {nb_rejected} of {nb_records} records cannot be read, the first at line "
                f"{first.line} ({first.reason}); ask for the file again, or allow more with "
                "--max-rejected."
            )
        return LandedFile(
            table.name,
            label,
            nb_records,
            nb_rows,
            nb_rejected,
            landed.first_line,
            time.monotonic() - started,
        )

    def _log(
        self,
        new: history.Load,
        files: list[LandedFile],
        readings: dict[str, Reading],
    ) -> None:
        source = self.extract.source
        self.connection.execute(
            "insert into raw.extracts values (?, ?, ?, false, ?, ?, ?, ?, ?)",
            [
                new.load_id,
                source.name,
                new.date,
                dt.datetime.now(dt.UTC).replace(tzinfo=None),
                sum(file.nb_rows for file in files),
                sum(file.nb_rejected for file in files),
                new.fingerprint,
                new.is_synthetic,
            ],
        )
        for table, file in zip(source.tables, files, strict=True):
            self.connection.execute(
                "insert into raw.extract_files values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    new.load_id,
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
            rejections = readings[table.name].rejections
            self.connection.execute(
                """
                insert into raw.rejected_rows
                select
                    $load_id, $source, $table, $file,
                    unnest($lines), unnest($reasons), unnest($texts),
                """,
                {
                    "load_id": new.load_id,
                    "source": source.name,
                    "table": table.name,
                    "file": file.file,
                    "lines": [one.line for one in rejections],
                    "reasons": [one.reason for one in rejections],
                    "texts": [
                        None if table.has_personal_data else one.raw_text for one in rejections
                    ],
                },
            )


def _check_columns(reading: Reading, table: Table) -> None:
    missing = [name for name in table.wanted if name not in reading.columns]
    repeated = [name for name in table.wanted if reading.columns.count(name) > 1]
    if missing:
        raise IaeError(
            f"{reading.item.label}, line {reading.line - 1}: the header has no column "
            f"{', '.join(missing)}; ask for the file again."
        )
    if repeated:
        raise IaeError(
            f"{reading.item.label}, line {reading.line - 1}: the header has column "
            f"{', '.join(repeated)} more than once; ask for the file again."
        )
