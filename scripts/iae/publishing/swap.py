"""Publication: the tables of a proven build, in a file of their own that appears in one rename.

Analysts read `iae.duckdb` beside the working file. A reader keeps the edition that it opened; the
next one to open the file gets the new edition. Nobody sees half of one, whatever happens to the
process that publishes.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from iae.disk import flush, held
from iae.errors import IaeError
from iae.faults import as_fault
from iae.protection.audit import Protection, audit_open_data, record
from iae.publishing import editions
from iae.publishing.proof import SCHEMAS, Proof, prove
from iae.sql import literal, quoted

# Clients of DuckDB 1.2 and later open it.
STORAGE_VERSION = "v1.2.0"
# The group reads what is published; only its owner replaces it.
MODE = 0o640


@dataclass(frozen=True)
class Publication:
    """What was published: rows by mart, the warnings of the builds; not new if it was there.

    `protection` is what the audit saw, `kept` the file of a new edition in the archive.
    """

    path: Path
    rows: dict[str, int]
    warnings: list[str]
    is_new: bool
    protection: Protection | None = None
    kept: Path | None = None


def check(connection: duckdb.DuckDBPyConnection, path: Path) -> Proof:
    """Return what may be published at `path`; raise IaeError when the build cannot be, as it is."""
    proof = prove(connection)
    if proof.has_editions:
        editions.unpublished_edition(connection, editions.archive_folder(path))
    return proof


def publish(connection: duckdb.DuckDBPyConnection, path: Path) -> Publication:
    """Write the published tables of the warehouse to `path`, and their edition into the archive.

    Raise IaeError when the build is not proven, the open tables could tell of somebody, another
    publication is under way or a file cannot be written: all is then as before.
    """
    proof = prove(connection)
    archive = editions.archive_folder(path)
    with _alone(path, archive):
        edition = None
        if proof.has_editions:
            edition = editions.unpublished_edition(connection, archive)
        there = _edition(path)
        if edition is None and there is not None and there[0] == proof.invocation_ids:
            return Publication(path, there[1], proof.warnings, is_new=False)
        protection = audit_open_data(connection, path)
        new = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            rows = _write(connection, proof, new, edition, archive)
            if protection is not None:
                record(new, protection)
            new.chmod(MODE)
            flush(new)
            kept = _publish_both(connection, edition, archive, new, path)
        except (duckdb.Error, OSError) as error:
            if as_fault(error) is None:
                raise
            reason = str(error).splitlines()[0]
            raise IaeError(f"{path}: could not be written ({reason}); it is as before.") from None
        finally:
            new.unlink(missing_ok=True)
            new.with_name(f"{new.name}.wal").unlink(missing_ok=True)
    return Publication(path, rows, proof.warnings, is_new=True, protection=protection, kept=kept)


@contextmanager
def _alone(path: Path, archive: Path) -> Iterator[None]:
    """Hold both folders, and clear what a publication that was killed has left in them."""
    with ExitStack() as stack:
        stack.enter_context(_alone_in(path.parent))
        leftovers = list(path.parent.glob(f"{path.name}.*.new*"))
        if archive.is_dir() and not archive.samefile(path.parent):
            stack.enter_context(_alone_in(archive))
            leftovers += archive.glob(f"{editions.PATTERN}.*.new")
        for leftover in leftovers:
            leftover.unlink()
        yield


def _alone_in(folder: Path) -> AbstractContextManager[None]:
    busy = f"{folder}: another publication is under way; try later."
    return held(folder / "publication.lock", busy)


def _publish_both(
    connection: duckdb.DuckDBPyConnection,
    edition: editions.Edition | None,
    archive: Path,
    new: Path,
    path: Path,
) -> Path | None:
    """Keep the edition, then show it; take it back if it cannot be shown."""
    if edition is None:
        _replace(path, new)
        return None
    if not archive.is_dir():
        archive.mkdir(parents=True)
        archive.chmod(editions.FOLDER_MODE)
    aside = archive / f"{edition.file_name}.{os.getpid()}.new"
    try:
        editions.write_aside(connection, edition, aside)
        flush(aside)
        aside.chmod(editions.MODE)
        kept = editions.keep(aside, edition, archive)
        flush(archive)
    finally:
        aside.unlink(missing_ok=True)
    try:
        _replace(path, new)
    except BaseException:
        kept.unlink()
        raise
    return kept


def _replace(path: Path, new: Path) -> None:
    try:
        new.replace(path)
    except PermissionError:
        if not path.exists() or os.name == "posix":
            raise
        raise IaeError(
            f"{path}: a program holds it open, and Windows replaces no open file; close what reads "
            "it (a notebook, a spreadsheet), then run iae publish again."
        ) from None
    flush(path.parent)


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
        "select schema_name, table_name from duckdb_tables() "
        "where list_contains(?, schema_name) order by all",
        [list(SCHEMAS)],
    ).fetchall()
    return {
        name: connection.table(f"{quoted(schema)}.{quoted(name)}").count("*").fetchall()[0][0]
        for schema, name in names
    }


def _write(
    connection: duckdb.DuckDBPyConnection,
    proof: Proof,
    path: Path,
    edition: editions.Edition | None,
    archive: Path,
) -> dict[str, int]:
    """Copy every relation as a table, with constraints and comments; return the rows of each."""
    warehouse = connection.execute("select current_database()").fetchall()[0][0]
    connection.execute(
        f"attach {literal(str(path))} as publication "
        f"(read_write, storage_version '{STORAGE_VERSION}')"
    )
    try:
        rows = {}
        for schema, name in proof.relations:
            connection.execute(f"create schema if not exists publication.{quoted(schema)}")
            connection.execute(f"use publication.{quoted(schema)}")
            rows[name] = _copy(connection, warehouse, schema, name)
            _comment(connection, warehouse, schema, name)
        if proof.has_editions:
            _date_the_edition(connection, edition, archive)
    finally:
        connection.execute(f"use {quoted(warehouse)}")
        connection.execute("detach publication")
    return rows


def _copy(connection: duckdb.DuckDBPyConnection, warehouse: str, schema: str, name: str) -> int:
    source = f"{quoted(warehouse)}.{quoted(schema)}.{quoted(name)}"
    definition = connection.execute(
        "select sql from duckdb_tables() "
        "where database_name = ? and schema_name = ? and table_name = ?",
        [warehouse, schema, name],
    ).fetchone()
    if definition:
        connection.execute(definition[0])
        fill = f"insert into {quoted(name)} from {source} order by all"
    else:  # a view
        fill = f"create table {quoted(name)} as from {source} order by all"
    rows: int = connection.execute(fill).fetchall()[0][0]
    return rows


def _comment(connection: duckdb.DuckDBPyConnection, warehouse: str, schema: str, name: str) -> None:
    comments = connection.execute(
        """
        select null, comment from duckdb_tables()
        where database_name = $1 and schema_name = $2 and table_name = $3
        union all
        select null, comment from duckdb_views()
        where database_name = $1 and schema_name = $2 and view_name = $3
        union all
        select column_name, comment from duckdb_columns()
        where database_name = $1 and schema_name = $2 and table_name = $3
        """,
        [warehouse, schema, name],
    ).fetchall()
    for column, comment in comments:
        if comment:
            place = f"column {quoted(name)}.{quoted(column)}" if column else f"table {quoted(name)}"
            connection.execute(f"comment on {place} is {literal(comment)}")


def _date_the_edition(
    connection: duckdb.DuckDBPyConnection, edition: editions.Edition | None, archive: Path
) -> None:
    """Say when the edition was published, which the build could not know."""
    undated = connection.execute(
        "select edition, release from publication.marts.dim_editions where published_at is null"
    ).fetchall()
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'publication' and table_name in ('dim_editions', 'editions')"
    ).fetchall()
    for date, release in undated:
        moment = (
            edition.published_at
            if edition
            else editions.published_at(connection, archive, date, release)
        )
        for schema, table in tables:
            connection.execute(
                f"update publication.{schema}.{table} set published_at = ? "  # noqa: S608
                "where edition = ? and release = ?",
                [moment, date, release],
            )
