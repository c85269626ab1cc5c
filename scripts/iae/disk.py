"""Locks and durable writes, on every system."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from iae.errors import IaeError
from iae.faults import says_no_room

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def held(lock: Path, busy: str) -> Iterator[None]:
    """Hold a lock file until the process ends; raise IaeError(busy) when another one holds it."""
    with _locked(lock, busy) if fcntl else _opened(lock, busy):
        yield


@contextmanager
def _locked(lock: Path, busy: str) -> Iterator[None]:
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held it may have taken the file away since it was opened here.
            is_there = os.path.samestat(lock.stat(), os.fstat(descriptor))
        except BlockingIOError:
            os.close(descriptor)
            raise IaeError(busy) from None
        except FileNotFoundError:
            is_there = False
        if is_there:
            break
        os.close(descriptor)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def _opened(lock: Path, busy: str) -> Iterator[None]:
    # DuckDB knows how each system locks a file: a database without a table is the lock.
    try:
        connection = duckdb.connect(str(lock))
    except duckdb.IOException as error:
        if not os.access(lock.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(lock)) from None
        if says_no_room(error):
            lock.unlink(missing_ok=True)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(lock)) from None
        raise IaeError(busy) from None
    try:
        yield
    finally:
        connection.close()
        with suppress(OSError):  # somebody is trying to open it
            lock.unlink()


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, written before anything else happens."""
    if path.is_dir() and os.name != "posix":
        return  # Windows writes folders itself
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
