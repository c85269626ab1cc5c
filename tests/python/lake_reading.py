"""Reads a lake as its readers do. Run by the Python of `.venv-share`; prints JSON.

lake_reading.py read SECONDS READERS     read some tables per transaction, all the while
lake_reading.py compare FILE...          what each file holds, and each version of the lake
lake_reading.py sql EXTENSIONS SQL...    run statements; the rows of the last
"""

from __future__ import annotations

import importlib
import json
import random
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

# What a transaction of a reader looks at, and how many readers one program serves.
NB_TABLES_AT_ONCE = 6
NB_READERS_OF_A_PROGRAM = 10
# By table: its rows, and a sum of what is in them.
Content = dict[str, tuple[int, int]]


def connected(*extensions: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "threads": 1})
    for name in extensions:
        package = Path(str(importlib.import_module(f"duckdb_extension_{name}").__file__)).parent
        [file] = package.glob("extensions/*/*.duckdb_extension")
        connection.execute(f"load '{file}'")
    return connection


def attached_lake() -> duckdb.DuckDBPyConnection:
    connection = connected("ducklake", "postgres_scanner")
    connection.execute("attach 'ducklake:postgres:' as lake (read_only)")
    return connection


def read_tables(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    at: str = "",
    *,
    chosen_by: random.Random | None = None,
) -> tuple[str, Content]:
    """Read tables, a statement each, all of them or some by chance.

    Return the build that the first of them is of, and what they hold.
    """
    builds = f"select min(invocation_id) from {database}.marts.audit_builds {at}"
    ((build,),) = connection.execute(builds).fetchall()
    tables = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        f"where database_name = '{database}' and schema_name in ('marts', 'open_data') order by all"
    ).fetchall()
    if chosen_by:
        tables = chosen_by.sample(tables, NB_TABLES_AT_ONCE)
    content = {}
    for (table,) in tables:
        ((rows, total),) = connection.execute(
            f"select count(*), coalesce(bit_xor(hash(t)), 0) from {database}.{table} as t {at}"
        ).fetchall()
        content[table] = (rows, total)
    return build, content


def read(number: str) -> dict[str, Any]:
    """Read until stdin is closed, from when every reader is connected, which a line says.

    Return how often each build was seen, and all that each table of it held.
    """
    nb_readers = int(number)
    transactions: defaultdict[str, int] = defaultdict(int)
    seen: defaultdict[str, defaultdict[str, list[tuple[int, int]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    lock = threading.Lock()
    is_over = threading.Event()

    def one_reader(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
        chance = random.Random(seed)
        while not is_over.is_set():
            connection.execute("begin")
            build, content = read_tables(connection, "lake", chosen_by=chance)
            connection.execute("commit")
            with lock:
                transactions[build] += 1
                for table, found in content.items():
                    if found not in seen[build][table]:
                        seen[build][table].append(found)
            time.sleep(0.05)

    programs = [attached_lake() for _ in range(0, nb_readers, NB_READERS_OF_A_PROGRAM)]
    with ThreadPoolExecutor(nb_readers) as readers:
        ends = [
            readers.submit(one_reader, programs[number // NB_READERS_OF_A_PROGRAM].cursor(), number)
            for number in range(nb_readers)
        ]
        print("ready", flush=True)
        sys.stdin.read()
        is_over.set()
    faults = [str(one.exception()) for one in ends if one.exception()]
    return {"transactions": transactions, "seen": seen, "faults": faults}


def compare(*files: str) -> dict[str, Any]:
    connection = attached_lake()
    in_files = {}
    for file in files:
        connection.execute(f"attach '{file}' as published (read_only)")
        build, content = read_tables(connection, "published")
        in_files[build] = content
        connection.execute("detach published")
    snapshots = connection.execute(
        "select snapshot_id, author, commit_message from lake.snapshots() order by 1"
    ).fetchall()
    descriptions = connection.execute(
        "select table_name || '.' || column_name, comment from duckdb_columns() "
        "where database_name = 'lake' and comment is not null"
    ).fetchall()
    versions = [number for number, _, message in snapshots if message is not None]
    return {
        "files": in_files,
        "versions": [read_tables(connection, "lake", f"at (version => {one})") for one in versions],
        "now": connection.execute("select invocation_id from lake.marts.audit_builds").fetchall(),
        "snapshots": snapshots,
        "descriptions": dict(descriptions),
    }


def sql(extensions: str, *statements: str) -> list[tuple[Any, ...]]:
    connection = connected(*extensions.split())
    for statement in statements:
        rows = connection.execute(statement).fetchall()
    return rows


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    found = {"read": read, "compare": compare, "sql": sql}[what](*words)
    sys.stdout.write(json.dumps(found, default=str))
