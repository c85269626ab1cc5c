"""The tables that the loader writes: the log of the loads, and the raw views of what counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from iae.loading.declaration import Source, Table
from iae.loading.landing import Target, with_lines
from iae.loading.sources import SOURCES
from iae.sql import literal, quoted
from iae.warehouse import opened

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
    create table if not exists raw.salts (
        fingerprint varchar,
        origin varchar
    );
"""


@contextmanager
def opened_to_load(path: Path, wait_seconds: float = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse to write, with every raw table there. Raise IaeError as `opened` does."""
    with opened(path, wait_seconds) as connection:
        connection.execute(_LOG_TABLES)
        views = "select view_name from duckdb_views() where schema_name = 'raw'"
        there = {name for (name,) in connection.execute(views).fetchall()}
        for source in SOURCES.values():
            if any(raw_name(source, table) not in there for table in source.tables):
                create_raw_views(connection, source)
        yield connection


def raw_name(source: Source, table: Table) -> str:
    """Return the name of a raw table."""
    return f"{source.name}__{table.name}"


def landing_target(source: Source, table: Table, load_id: int) -> Target:
    """Return where a table of one load lands."""
    name = f"{raw_name(source, table)}__{load_id}"
    return Target(table, f"landing.{quoted(name)}", f"landing.{quoted(f'{name}__lines')}")


def create_raw_views(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Point the raw views of a source at its current loads; each row says where it comes from."""
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
                target = landing_target(source, table, load_id)
                bodies.append(
                    f"select {landed}, {load_id}::integer as _load_id, "  # noqa: S608
                    f"{literal(str(date))}::date as _extract_date, {literal(file)} as _file, "
                    f"_line from {with_lines(target, first_line)}"
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
