"""Loading extracts: each in one transaction, checked before it replaces anything."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import duckdb

from iae.errors import IaeError
from iae.loading import history
from iae.loading.blocks import Block, filled_ahead
from iae.loading.comparison import compare, refuse_falls
from iae.loading.declaration import Source, Table
from iae.loading.drops import Extract
from iae.loading.formats.records import Reading
from iae.loading.header import check_columns
from iae.loading.keys import refuse_unusable_keys
from iae.loading.landing import NotAsCountedError, land
from iae.loading.raw_tables import create_raw_views, landing_target
from iae.loading.salt import check_salt, salt

EARLIEST_DATE = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class Options:
    """What the operator decides.

    `keep` is the number of extracts kept; `max_rejected` the share of a file's records that may be
    rejected; `max_fall` the share by which a figure may fall from the current extract to a new one;
    `accept` lets in an extract whose figures fall.
    """

    keep: int = 2
    max_rejected: float = 0.001
    max_fall: float = 0.2
    accept: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one extract; `note` says it."""

    source: str
    date: dt.date
    files: list[history.LandedFile] = field(default_factory=list)
    note: str = "loaded"


# Called with a file's label, and the bytes of its container consumed so far.
OnProgress = Callable[[str, int], None]


def load_all(
    connection: duckdb.DuckDBPyConnection,
    warehouse: Path,
    extracts: list[Extract],
    options: Options,
    show: Callable[[Extract], AbstractContextManager[OnProgress]],
) -> tuple[list[Outcome], list[IaeError]]:
    """Load extracts, oldest first; return what became of them, and the faults of those refused.

    Of a source whose latest extract alone counts, those beyond the number kept are not looked into,
    unless newer ones are refused.
    """
    outcomes: list[Outcome] = []
    faults: list[IaeError] = []

    def loaded(extract: Extract) -> bool:
        try:
            with show(extract) as on_progress:
                one = _Load(connection, warehouse, extract, options, on_progress)
                outcomes.append(one.run())
        except IaeError as fault:
            faults.append(fault)
            return False
        return True

    for source, group in groupby(extracts, key=lambda extract: extract.source):
        found = [*group]
        nb_needed = len(found) if source.accumulates else options.keep
        nb_loaded = sum([loaded(extract) for extract in found[-nb_needed:]])
        for extract in reversed(found[:-nb_needed]):
            if extract.date and nb_loaded >= nb_needed:
                outcomes.append(_beyond_history(source, extract.date, options.keep))
            else:
                nb_loaded += loaded(extract)
    return outcomes, faults


def _beyond_history(source: Source, date: dt.date, keep: int) -> Outcome:
    note = f"not loaded: older than the {keep} extracts kept (--keep)"
    return Outcome(source.name, date, note=note)


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
    """The load of one extract, whole or not at all."""

    connection: duckdb.DuckDBPyConnection
    warehouse: Path
    extract: Extract
    options: Options
    on_progress: OnProgress

    def run(self) -> Outcome:
        """Load the extract, unless it is there; raise IaeError, all as it was, for its faults."""
        fingerprint = self.extract.fingerprint()
        kept = history.loads(self.connection, self.extract.source)
        known = [one for one in kept if one.fingerprint == fingerprint]
        if known:
            return self._loaded_before(known[0])
        if any(table.nir for table in self.extract.source.tables):
            check_salt(self.connection, self.warehouse)
        careful: set[str] = set()
        while True:
            try:
                return self._attempt(fingerprint, kept, careful)
            except NotAsCountedError as error:
                # A short and a long line cancelled out in the counts: check each line.
                careful.add(str(error))

    def _loaded_before(self, known: history.Load) -> Outcome:
        source = self.extract.source
        if known.is_current:
            note = "already loaded, nothing to do"
        elif not self.options.accept:
            note = "already loaded; kept, but not current: --accept makes it current"
        else:
            with _transaction(self.connection):
                history.make_current(self.connection, source, known)
                create_raw_views(self.connection, source)
            note = "already loaded; made current again"
        return Outcome(source.name, known.date, note=note)

    def _attempt(self, fingerprint: str, kept: list[history.Load], careful: set[str]) -> Outcome:
        source = self.extract.source
        with ExitStack() as closing:
            readings = {}
            for table in source.tables:
                item = self.extract.files[table.name]
                reading = source.open(item, table.wanted, table.name in careful)
                closing.callback(reading.close)
                check_columns(reading, table)
                readings[table.name] = reading
            date = self._date(readings)
            [load_id] = self.connection.execute("select nextval('raw.load_ids')").fetchone() or (0,)
            new = history.Load(load_id, date, False, fingerprint, self.extract.is_synthetic)
            if history.is_beyond_history(kept, source, new, self.options.keep):
                return _beyond_history(source, date, self.options.keep)
            with _transaction(self.connection):
                return self._land(readings, new, kept)

    def _date(self, readings: dict[str, Reading]) -> dt.date:
        """Return the extract's date: the latest DEB date, else the one in the file names."""
        source = self.extract.source
        dates = [reading.date for reading in readings.values() if reading.date]
        date = max(dates) if dates else self.extract.date
        if date is None:
            names = ", ".join(item.label for item in self.extract.files.values())
            raise IaeError(
                f"{source.name}: no date in the file names ({names}); "
                f"expected a name such as {source.tables[0].example}."
            )
        latest = dt.date.today() + dt.timedelta(days=source.days_ahead)
        if not EARLIEST_DATE <= date <= latest:
            raise IaeError(
                f"{source.name}: the extract is dated {date:%Y-%m-%d}, which cannot be "
                f"(expected {EARLIEST_DATE:%Y-%m-%d} to {latest:%Y-%m-%d}); "
                "correct the file names or ask for the extract again."
            )
        return date

    def _land(
        self, readings: dict[str, Reading], new: history.Load, kept: list[history.Load]
    ) -> Outcome:
        source = self.extract.source

        def show_progress(reading: Reading) -> None:
            self.on_progress(reading.item.label, reading.stream.position())

        with filled_ahead(readings.values(), show_progress) as blocks:
            files = [
                self._land_table(table, readings[table.name], blocks, new)
                for table in source.tables
            ]
        before = history.compared_with(kept, source, new)
        if before and not self.options.accept:
            figures = compare(self.connection, source, before, new)
            refuse_falls(source, before, new, figures, self.options.max_fall)
        history.record(self.connection, source, new, files)
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

    def _land_table(
        self, table: Table, reading: Reading, blocks: Iterator[Block], new: history.Load
    ) -> history.LandedFile:
        started = time.monotonic()
        target = landing_target(self.extract.source, table, new.load_id)
        secret = salt(self.connection, self.warehouse) if table.nir else None
        first_line = land(self.connection, target, reading, blocks, secret)
        counting = f"select count(*) from {target.rows}"  # noqa: S608
        [(nb_rows,)] = self.connection.execute(counting).fetchall()
        self._check_counts(reading, nb_rows)
        label = reading.item.label
        refuse_unusable_keys(self.connection, target.rows, table, label, nb_rows)
        return history.LandedFile(
            table.name,
            label,
            reading.nb_records + len(reading.rejections),
            nb_rows,
            reading.rejections,
            first_line,
            time.monotonic() - started,
            reading.left_alone,
        )

    def _check_counts(self, reading: Reading, nb_rows: int) -> None:
        """Raise IaeError where records are missing, or where too many do not fit."""
        label = reading.item.label
        nb_rejected = len(reading.rejections)
        nb_records = reading.nb_records + nb_rejected
        if reading.nb_announced not in (None, nb_records):
            raise IaeError(
                f"{label}: FIN announces {reading.nb_announced} records and {nb_records} are "
                "there; the file is not whole, ask for it again."
            )
        if nb_rows + nb_rejected != nb_records:
            raise IaeError(f"{label}: {nb_records} records but {nb_rows} rows landed; report it.")
        if nb_rejected > self.options.max_rejected * nb_records:
            first = reading.rejections[0]
            raise IaeError(
                f"{label}: {nb_rejected} of {nb_records} records cannot be read, the first at line "
                f"{first.line} ({first.reason}); ask for the file again, or allow more with "
                "--max-rejected."
            )
