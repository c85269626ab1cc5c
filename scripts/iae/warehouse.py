"""The one module that opens the database and knows the schemas the loader writes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from iae.errors import IaeError
from iae.landing import literal, quoted, with_lines
from iae.source import Source, Table
from iae.sources import SOURCES

DEFAULT_PATH = Path("warehouse/build.duckdb")
DEFAULT_MEMORY_LIMIT = "2GB"

_LOG_TABLES = """
    create schema if not exists raw;
    create schema if not exists landing;
    create sequence if not exists raw.load_ids;
    create table if not exists raw.extracts (
        load_id integer,
        source varchar,
        extract_date date,
        is_current boolean,
        loaded_at timestamp,
        nb_rows bigint,
        nb_rejected bigint,
        fingerprint varchar,
        is_synthetic boolean
    );
    create table if not exists raw.extract_files (
        load_id integer,
        source varchar,
        table_name varchar,
        file varchar,
        nb_records bigint,
        nb_rows bigint,
        nb_rejected bigint,
        first_line bigint,
        seconds double
    );
    create table if not exists raw.rejected_rows (
        load_id integer,
        source varchar,
        table_name varchar,
        file varchar,
        line bigint,
        reason varchar,
        raw_text varchar
    );
"""


def warehouse_path() -> Path:
    """Return the path of the working database: IAE_WAREHOUSE, else warehouse/build.duckdb."""
    return Path(os.environ.get("IAE_WAREHOUSE") or DEFAULT_PATH)


@contextmanager
def opened(
    path: Path, wait_seconds: float = 0, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse, with every raw table there from the first time on.

    Wait up to `wait_seconds` for another process to let go of it. Its files are made readable by
    their owner only. Raise IaeError when it stays locked or is not a database.
    """
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    umask = os.umask(0o077)
    try:
        connection = _connected(path, time.monotonic() + wait_seconds, read_only)
        try:
            if not read_only:
                create_raw_tables(connection)
            yield connection
        finally:
            connection.close()
    finally:
        os.umask(umask)


def _connected(path: Path, deadline: float, read_only: bool) -> duckdb.DuckDBPyConnection:
    # Nothing is spilled to disk: what DuckDB has just read holds names and NIRs.
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": os.environ.get("IAE_MEMORY_LIMIT") or DEFAULT_MEMORY_LIMIT,
        "temp_directory": "",
        # Landed tables never change: merging their row groups at a checkpoint is work for nothing.
        "max_vacuum_tasks": 0,
    }
    while True:
        try:
            connection = duckdb.connect(str(path), read_only=read_only, config=config)
            # Tried on every column of text and never the ones chosen. Not heeded in `config`.
            connection.execute("set disabled_compression_methods = 'fsst,zstd,dictionary'")
            return connection
        except duckdb.IOException as error:
            holder = re.search(r"PID (\d+)", str(error))
            if "lock" not in str(error).lower():
                raise IaeError(f"{path}: is not a DuckDB database that can be opened.") from None
            if time.monotonic() >= deadline:
                who = f"process {holder[1]}" if holder else "another process"
                raise IaeError(
                    f"{path}: is in use by {who}; try again when it has ended, or wait longer "
                    "with --wait."
                ) from None
            time.sleep(0.2)
        except duckdb.Error:
            raise IaeError(
                f"{path}: cannot be opened; check IAE_WAREHOUSE and IAE_MEMORY_LIMIT."
            ) from None


def as_fault(error: Exception) -> IaeError | None:
    """Return what the surroundings caused as a sentence: no room on disk, not enough memory.

    DuckDB's own message is not shown: it can hold values. None for what is a fault of ours.
    """
    if isinstance(error, duckdb.OutOfMemoryException):
        return IaeError(
            "The memory allowed to the database is too small; set IAE_MEMORY_LIMIT higher."
        )
    if isinstance(error, OSError | duckdb.IOException):
        return IaeError(
            "A file cannot be written or read: make room on the disk and check permissions; "
            "the warehouse is as it was."
        )
    if isinstance(error, duckdb.Error):
        return IaeError(
            f"The database stopped ({type(error).__name__}); the warehouse is as it was."
        )
    return None


def create_raw_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing of the log tables and of the raw views of every source."""
    connection.execute(_LOG_TABLES)
    there = {
        name
        for (name,) in connection.execute(
            "select view_name from duckdb_views() where schema_name = 'raw'"
        ).fetchall()
    }
    for source in SOURCES.values():
        if any(raw_name(source, table) not in there for table in source.tables):
            create_raw_views(connection, source)


def raw_name(source: Source, table: Table) -> str:
    """Return the name of a raw table."""
    return f"{source.name}__{table.name}"


def landing_table(source: Source, table: Table, load_id: int) -> str:
    """Return the physical table of one load, quoted and with its schema."""
    return f"landing.{quoted(f'{raw_name(source, table)}__{load_id}')}"


def landing_lines(source: Source, table: Table, load_id: int) -> str:
    """Return the table of the lines of a landed table, where it needs one, as landing_table."""
    return f"landing.{quoted(f'{raw_name(source, table)}__{load_id}__lines')}"


def create_raw_views(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Point the raw views of a source at its current loads; empty when there are none.

    To the landed columns they add where each row comes from: load, extract date, file and line.
    """
    current = connection.execute(
        """
        select
            extract_files.table_name,
            extracts.load_id,
            extracts.extract_date,
            extract_files.file,
            extract_files.first_line,
        from raw.extracts
        inner join raw.extract_files on extracts.load_id = extract_files.load_id
        where extracts.source = ? and extracts.is_current
        order by extracts.load_id
        """,
        [source.name],
    ).fetchall()
    for table in source.tables:
        landed = ", ".join(quoted(name) for name in table.landed)
        bodies = []
        for name, load_id, date, file, first_line in current:
            if name == table.name:
                target = landing_table(source, table, load_id)
                lines = landing_lines(source, table, load_id)
                bodies.append(
                    f"select {landed}, {load_id}::integer as _load_id, "  # noqa: S608
                    f"{literal(str(date))}::date as _extract_date, {literal(file)} as _file, "
                    f"_line from {with_lines(target, lines, first_line)}"
                )
        nothing = ", ".join(f"null::varchar as {quoted(name)}" for name in table.landed)
        empty = (
            f"select {nothing}, null::integer as _load_id, null::date as _extract_date,"
            " null::varchar as _file, null::bigint as _line where false"
        )
        connection.execute(
            f"create or replace view raw.{quoted(raw_name(source, table))} as "
            + (" union all ".join(bodies) or empty)
        )
