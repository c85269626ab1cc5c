"""One publication at a time in a folder, on every system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from iae.errors import IaeError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK_NAME = "publication.lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder for one publication; the system lets go of it with the process, even killed.

    Raise IaeError when another process holds it.
    """
    with _locked_folder(folder) if fcntl else _locked_file(folder):
        yield


@contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    # A lock on the folder itself leaves no file behind.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _under_way(folder) from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _locked_file(folder: Path) -> Iterator[None]:
    # DuckDB knows how each system locks a file: an empty database is the lock.
    try:
        connection = duckdb.connect(str(folder / LOCK_NAME))
    except duckdb.IOException:
        raise _under_way(folder) from None
    try:
        yield
    finally:
        connection.close()


def _under_way(folder: Path) -> IaeError:
    return IaeError(f"{folder}: another publication is under way; try later.")
