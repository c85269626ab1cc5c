"""The one module that opens the warehouse."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from iae.errors import IaeError

DEFAULT_PATH = Path("warehouse/build.duckdb")
DEFAULT_MEMORY_LIMIT = "2GB"


def warehouse_path() -> Path:
    """Return the path of the working database: IAE_WAREHOUSE, else warehouse/build.duckdb."""
    return Path(os.environ.get("IAE_WAREHOUSE") or DEFAULT_PATH)


@contextmanager
def opened(
    path: Path, wait_seconds: float = 0, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse.

    Wait up to `wait_seconds` for another process to let go of it. Its files are made readable by
    their owner only. Raise IaeError when it stays locked or is not a database.
    """
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    umask = os.umask(0o077)
    try:
        connection = _connected(path, time.monotonic() + wait_seconds, read_only)
        try:
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
