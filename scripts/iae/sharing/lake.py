"""Write a published file into a lake: DuckLake, its catalog in PostgreSQL, Parquet in a folder.

Run by the Python of an environment of its own, which has nothing of this project. PostgreSQL is
the one that libpq's own variables name. What was done, or why it was not, is printed as JSON.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

EXTENSIONS = ("ducklake", "postgres_scanner")
MARK = "iae share"
# How the note of a snapshot of ours begins.
NOTE = json.dumps({"by": MARK})[:-1]
# A publication takes seconds: what waits longer waits for one that hangs.
LOCK_TIMEOUT = "60s"
# The group reads what is shared, as it does the published file.
UMASK = 0o027


class RefusedError(Exception):
    """What a user can cause: one sentence."""


def share(published: str, folder: str) -> dict[str, Any]:
    """Write every published table in one transaction, unless it is there; tell what was done."""
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        _load_extensions(connection)
        _attach_published(connection, published)
        with _alone(connection) as role, connection.cursor() as writer:
            _attach_lake(writer, folder)
            writer.execute("begin")
            builds, edition = _publication(writer)
            shared = _shared_before(writer)
            told = {"edition": edition, "before": shared[-1]["edition"] if shared else None}
            for one in shared:
                if one["builds"] == builds:
                    return {**told, "version": one["version"], "is_new": False, "rows": {}}
            try:
                rows = _write(writer)
                note = json.dumps({"by": MARK, "edition": edition, "builds": builds})
                writer.execute(
                    "call lake.set_commit_message(?, ?, extra_info => ?)", [role, edition, note]
                )
                writer.execute("commit")
            except (duckdb.IOException, duckdb.TransactionException) as error:
                raise RefusedError(
                    f"{folder}: the lake cannot be written ({_reason(error)}); it is as before."
                ) from None
            ((version,),) = writer.execute("from lake.last_committed_snapshot()").fetchall()
            return {**told, "version": version, "is_new": True, "rows": rows}


def _load_extensions(connection: duckdb.DuckDBPyConnection) -> None:
    for name in EXTENSIONS:
        package = find_spec(f"duckdb_extension_{name}")
        if package is None or package.origin is None:
            raise RefusedError("The environment of iae share is incomplete; run make setup-share.")
        [file] = Path(package.origin).parent.glob("extensions/*/*.duckdb_extension")
        connection.execute(f"load {_literal(str(file))}")


def _attach_published(connection: duckdb.DuckDBPyConnection, published: str) -> None:
    try:
        connection.execute(f"attach {_literal(published)} as published (read_only)")
        connection.execute("from published.marts.audit_builds, published.marts.dim_editions")
    except (duckdb.IOException, duckdb.CatalogException) as error:
        raise RefusedError(
            f"{published}: is not a published file that can be read ({_reason(error)}); "
            "run iae publish."
        ) from None


@contextmanager
def _alone(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Hold the catalog against other publications; give the role that PostgreSQL knows us by.

    Between two writers who replace the same tables, DuckLake can miss the conflict
    (duckdb/ducklake, issue 1094). A killed publication lets go: PostgreSQL ends its session.
    """
    os.environ.setdefault("PGCONNECT_TIMEOUT", "10")
    options = os.environ.get("PGOPTIONS", "")
    os.environ["PGOPTIONS"] = f"-c lock_timeout={LOCK_TIMEOUT} {options}".strip()
    try:
        connection.execute("attach '' as catalog (type postgres, read_only)")
    except duckdb.Error as error:
        raise RefusedError(
            f"PostgreSQL cannot be reached ({_reason(error)}); set PGHOST, PGDATABASE and PGUSER, "
            "and keep the password in ~/.pgpass."
        ) from None
    connection.execute("begin")
    try:
        ((_, role),) = connection.execute(
            "from postgres_query('catalog', 'select "
            f"pg_advisory_xact_lock(hashtext(''{MARK}''))::text, current_user::text')"
        ).fetchall()
    except duckdb.Error as error:
        if "lock timeout" not in str(error):
            raise
        raise RefusedError("Another iae share is under way; try again when it has ended.") from None
    yield role
    connection.execute("rollback")


def _attach_lake(writer: duckdb.DuckDBPyConnection, folder: str) -> None:
    # Small tables as files too: rows inlined in the catalog would need rights of their own.
    options = f"data_path {_literal(folder)}, data_inlining_row_limit 0"
    try:
        writer.execute(f"attach 'ducklake:postgres:' as lake ({options})")
    except duckdb.Error as error:
        if there := re.search(r"existing data path in the catalog \"(.*?)/?\"", str(error)):
            raise RefusedError(
                f"{folder}: the lake of this PostgreSQL database keeps its files in {there[1]}; "
                "share into that folder, or name another database in PGDATABASE."
            ) from None
        raise RefusedError(
            f"The PostgreSQL database holds no lake that can be used ({_reason(error)}); "
            "name another one in PGDATABASE."
        ) from None
    # Other teams write tables of their own: their commits only take the next number first.
    writer.execute("set ducklake_max_retry_count = 100")


def _publication(writer: duckdb.DuckDBPyConnection) -> tuple[list[str], str]:
    """Return the builds that made the published file, and the name of its last edition."""
    builds = writer.execute("select invocation_id from published.marts.audit_builds order by all")
    ids = [invocation_id for (invocation_id,) in builds.fetchall()]
    last = writer.execute(
        "select edition, release from published.marts.dim_editions order by all desc limit 1"
    ).fetchone()
    return ids, f"edition {last[0]}, release {last[1]}" if last else "no edition of our own"


def _shared_before(writer: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return what was shared, oldest first; refuse a lake whose tables somebody else made."""
    snapshots = writer.execute(
        "select snapshot_id, commit_extra_info from lake.snapshots() "
        "where starts_with(commit_extra_info, ?) order by snapshot_id",
        [NOTE],
    ).fetchall()
    shared = [{**json.loads(note), "version": version} for version, note in snapshots]
    taken = sorted({schema for schema, _ in _tables(writer, "lake")})
    if taken and not shared:
        raise RefusedError(
            f"The lake has tables in {' and '.join(taken)} that iae share did not write; "
            "name another PostgreSQL database in PGDATABASE."
        )
    return shared


def _write(writer: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Make the lake's published schemas as the file is; return the rows of each table."""
    tables = _tables(writer, "published")
    for schema in sorted({schema for schema, _ in tables}):
        writer.execute(f"create schema if not exists lake.{_quoted(schema)}")
    for schema, name in _tables(writer, "lake"):
        if (schema, name) not in tables:
            writer.execute(f"drop table lake.{_quoted(schema)}.{_quoted(name)}")
    rows = {}
    for schema, name in tables:
        table = f"{_quoted(schema)}.{_quoted(name)}"
        writer.execute(f"create or replace table lake.{table} as from published.{table}")
        in_file, in_lake = (
            writer.execute(f"select count(*) from {database}.{table}").fetchall()[0][0]  # noqa: S608
            for database in ("published", "lake")
        )
        if in_file != in_lake:
            raise RuntimeError(f"{schema}.{name}: {in_file} rows published, {in_lake} in the lake")
        rows[f"{schema}.{name}"] = in_file
    _comment(writer)
    return rows


def _comment(writer: duckdb.DuckDBPyConnection) -> None:
    comments = writer.execute(
        """
        select schema_name, table_name, null, comment from duckdb_tables()
        where database_name = 'published' and comment is not null
        union all
        select schema_name, table_name, column_name, comment from duckdb_columns()
        where database_name = 'published' and comment is not null
        """
    ).fetchall()
    for schema, name, column, comment in comments:
        place = f"lake.{_quoted(schema)}.{_quoted(name)}"
        place = f"column {place}.{_quoted(column)}" if column else f"table {place}"
        writer.execute(f"comment on {place} is {_literal(comment)}")


def _tables(writer: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str]]:
    """Return schema and name of a database's tables in the schemas that are published."""
    return writer.execute(
        """
        select schema_name, table_name from duckdb_tables()
        where database_name = ? and schema_name in (
            select schema_name from duckdb_tables() where database_name = 'published'
        )
        order by all
        """,
        [database],
    ).fetchall()


def _reason(error: duckdb.Error) -> str:
    """Return what PostgreSQL says, else the first line of what DuckDB says."""
    text = str(error).rpartition("ERROR: ")[2].strip().splitlines()[0]
    return re.sub(r"^(\w+ Error: |Unable to connect to Postgres at \"\": )+", "", text)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    os.umask(UMASK)
    try:
        told = share(*sys.argv[1:])
    except RefusedError as refusal:
        told = {"refused": str(refusal)}
    sys.stdout.write(json.dumps(told))
