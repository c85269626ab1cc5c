"""Whose fault an exception is: the surroundings', told in a sentence, or ours, as a traceback."""

import errno
import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from iae.errors import IaeError, printable

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_ROOM_SAID = re.compile(r"no space left|quota exceeded|file too large", re.IGNORECASE)
_DAMAGED_SAID = re.compile(
    r"corrupt|checksum|could not read enough bytes|replaying wal|deserializ", re.IGNORECASE
)
_OF_THE_DISK = {errno.EIO, errno.ENXIO, errno.ESTALE, errno.ETIMEDOUT, errno.EROFS}
# What these say is about SQL, files and memory. Others can quote a row, and so a person.
_WITHOUT_VALUES = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConnectionException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.ParserException,
)


def as_fault(error: BaseException) -> IaeError | None:
    """Return as a sentence what the user or the surroundings caused; None for a fault of ours."""
    said = str(error)
    if isinstance(error, IaeError):
        return error
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return IaeError(
            "The memory allowed to the database is too small; set IAE_MEMORY_LIMIT higher."
        )
    if is_interruption(error):
        return IaeError("Stopped before the end; the warehouse is as it was.")
    if isinstance(error, OSError):
        return _fault_of_a_file(error)
    # After a write that failed DuckDB gives the whole database up: a FatalException.
    is_of_files = isinstance(error, duckdb.IOException) or _is_of_a_commit(error)
    if (is_of_files or isinstance(error, duckdb.FatalException)) and says_no_room(error):
        return IaeError("There is no room left on the disk; make some. The warehouse is as it was.")
    if isinstance(error, duckdb.Error) and is_damage(error):
        return IaeError(
            "The warehouse is damaged; put a copy back, or load the extracts again into another "
            "file (IAE_WAREHOUSE)."
        )
    if is_of_files:
        return IaeError(
            f"The database cannot read or write a file ({said.splitlines()[0]}); "
            "the warehouse is as it was."
        )
    return None


def is_interruption(error: BaseException) -> bool:
    """Tell whether somebody stopped the command; DuckDB says so itself of a query that ran."""
    is_of_python = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
    return is_of_python or isinstance(error, KeyboardInterrupt | duckdb.InterruptException)


def says_no_room(error: BaseException) -> bool:
    """Tell whether DuckDB says that a disk is full."""
    return bool(_NO_ROOM_SAID.search(str(error)))


def _is_of_a_commit(error: BaseException) -> bool:
    """Tell whether a commit could not write its file: DuckDB calls that a fault of transactions."""
    is_failed = isinstance(error, duckdb.TransactionException)
    return is_failed and str(error).startswith("TransactionContext Error: Failed to commit: Could")


def is_damage(error: duckdb.Error) -> bool:
    """Tell whether DuckDB says that a database file is damaged or cut."""
    return type(error) in (
        duckdb.Error,
        duckdb.IOException,
        duckdb.FatalException,
        duckdb.SerializationException,
    ) and bool(_DAMAGED_SAID.search(str(error)))


def check_published(path: Path) -> None:
    """Raise IaeError where there is no published file."""
    if not path.is_file():
        raise IaeError(f"{path}: nothing is published yet; run iae publish.")


@contextmanager
def read_published(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published file; raise IaeError where the file is at fault, not our SQL."""
    check_published(path)
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            yield connection
    except duckdb.Error as error:
        cannot_be_read = isinstance(error, duckdb.IOException) and not says_no_room(error)
        if not (cannot_be_read or isinstance(error, duckdb.CatalogException) or is_damage(error)):
            raise
        reason = str(error).splitlines()[0]
        raise IaeError(
            f"{path}: is not a published file that can be read ({reason}); run iae publish."
        ) from error


def _fault_of_a_file(error: OSError) -> IaeError | None:
    name = printable(os.fsdecode(error.filename)) if error.filename else "A file"
    if error.errno in _NO_ROOM:
        return IaeError(
            f"{name}: cannot be written, for there is no room left on the disk; make some. "
            "The warehouse is as it was."
        )
    if error.errno not in _OF_THE_DISK and (
        not error.filename or Path(__file__).parent in Path(os.fsdecode(error.filename)).parents
    ):
        return None
    return IaeError(f"{name}: cannot be read or written ({error.strerror}).")


def traceback_of(error: BaseException) -> str:
    """Return the traceback, without the words of DuckDB that can quote a value of the files."""
    text = "".join(traceback.format_exception(error))
    one: BaseException | None = error
    while one is not None:
        if isinstance(one, duckdb.Error) and not isinstance(one, _WITHOUT_VALUES) and str(one):
            text = text.replace(str(one), "(not shown: it can quote a value of the files)")
        one = one.__cause__ or one.__context__
    return text
