"""Publication: the marts of a green build, in a file of their own that appears in one rename.

Analysts read `iae.duckdb` beside the working file. A reader keeps the edition that it opened; the
next one to open the file gets the new edition. Nobody sees half of one, whatever happens to the
process that publishes.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from iae.errors import IaeError
from iae.publishing.proof import builds_to_publish
from iae.sql import literal, quoted

PUBLISHED_NAME = "iae.duckdb"
SCHEMA = "marts"
# Clients of DuckDB 1.2 and later open it.
STORAGE_VERSION = "v1.2.0"
# The group reads what is published; only its owner replaces it.
MODE = 0o640


@dataclass(frozen=True)
class Publication:
    """What was published: rows by mart, the warnings of the builds; not new if it was there."""

    path: Path
    rows: dict[str, int]
    warnings: list[str]
    is_new: bool


def published_path(warehouse: Path) -> Path:
    """Return the path of the file that analysts read; raise IaeError if it is the working file."""
    path = warehouse.with_name(PUBLISHED_NAME)
    if path == warehouse:
        raise IaeError(
            f"{warehouse}: is the name of the published file; set IAE_WAREHOUSE to another."
        )
    return path


def publish(connection: duckdb.DuckDBPyConnection, path: Path) -> Publication:
    """Write the marts of the warehouse to `path`, unless the same builds are there already.

    `connection` reads the warehouse. Raise IaeError when the builds may not be published, when
    another publication is under way or when the file cannot be written: `path` is then as before.
    """
    builds = builds_to_publish(connection)
    warnings = list(dict.fromkeys(warning for build in builds for warning in build.warnings))
    with _alone_in(path.parent):
        for leftover in path.parent.glob(f"{path.name}.*.new*"):
            leftover.unlink()  # of a publication that was killed
        there = _edition(path)
        if there is not None and there[0] == {build.invocation_id for build in builds}:
            return Publication(path, there[1], warnings, is_new=False)
        new = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            rows = _write(connection, new)
            new.chmod(MODE)
            _flush(new)
            new.replace(path)
            _flush(path.parent)
        except (duckdb.Error, OSError) as error:
            reason = str(error).splitlines()[0]
            raise IaeError(f"{path}: could not be written ({reason}); it is as before.") from None
        finally:
            new.unlink(missing_ok=True)
            new.with_name(f"{new.name}.wal").unlink(missing_ok=True)
    return Publication(path, rows, warnings, is_new=True)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    # A lock on the folder itself leaves no file behind and goes with the process, even killed.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IaeError(f"{folder}: another publication is under way; try later.") from None
        yield
    finally:
        os.close(descriptor)


def _edition(path: Path) -> tuple[set[str], dict[str, int]] | None:
    """Return the builds and the rows by mart of a published file; None if it cannot be read."""
    if not path.exists():
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            builds = connection.execute("select invocation_id from marts.audit_builds")
            return {invocation_id for (invocation_id,) in builds.fetchall()}, _rows(connection)
    except duckdb.Error:
        return None


def _rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(
        "select table_name from duckdb_tables() where schema_name = ? order by all", [SCHEMA]
    ).fetchall()
    rows = {}
    for (name,) in names:
        counted = connection.table(f"{SCHEMA}.{quoted(name)}").count("*")
        rows[name] = counted.fetchall()[0][0]
    return rows


def _write(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    """Copy every mart as a table, with its constraints and comments; return the rows by mart."""
    warehouse = connection.execute("select current_database()").fetchall()[0][0]
    tables = connection.execute(
        "select table_name, sql, comment from duckdb_tables() "
        "where database_name = ? and schema_name = ?",
        [warehouse, SCHEMA],
    ).fetchall()
    views = connection.execute(
        "select view_name, null, comment from duckdb_views() "
        "where database_name = ? and schema_name = ?",
        [warehouse, SCHEMA],
    ).fetchall()
    columns = connection.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where database_name = ? and schema_name = ? and comment is not null",
        [warehouse, SCHEMA],
    ).fetchall()
    connection.execute(
        f"attach {literal(str(path))} as publication "
        f"(read_write, storage_version '{STORAGE_VERSION}')"
    )
    try:
        connection.execute(f"create schema publication.{SCHEMA}")
        connection.execute(f"use publication.{SCHEMA}")
        rows = {}
        for name, definition, comment in sorted([*tables, *views]):
            source = f"{quoted(warehouse)}.{SCHEMA}.{quoted(name)}"
            if definition:
                connection.execute(definition)
                fill = f"insert into {quoted(name)} from {source} order by all"
            else:
                fill = f"create table {quoted(name)} as from {source} order by all"
            rows[name] = connection.execute(fill).fetchall()[0][0]
            if comment:
                connection.execute(f"comment on table {quoted(name)} is {literal(comment)}")
        for name, column, comment in columns:
            place = f"{quoted(name)}.{quoted(column)}"
            connection.execute(f"comment on column {place} is {literal(comment)}")
    finally:
        connection.execute(f"use {quoted(warehouse)}")
        connection.execute("detach publication")
    return rows


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
