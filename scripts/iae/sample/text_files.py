"""Delimited files: DuckDB writes the rows, and what is around them is added on the way to disk."""

import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

import duckdb
from isal import igzip

Container = Literal["plain", "gzip", "zip"]

# DuckDB quotes a field that holds a line break, so the views write this character in its place.
LINE_BREAK = b"\x0b"
# No field holds it, so DuckDB quotes none.
NO_QUOTE = "\x02"
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class WrittenFile:
    """A file of the drop, with its data records and its size on disk."""

    path: Path
    nb_rows: int

    @property
    def nb_bytes(self) -> int:
        """Its size on disk."""
        return self.path.stat().st_size


@dataclass(frozen=True)
class Layout:
    """How a delimited file is laid out.

    `quoted` fields are so where they hold the separator, a quote or a line break; else none is. The
    `container` is so whatever the file's name says. `first_row` stands before the header, padded
    with separators; the last row is `last_row_prefix` and the number of records. `line_end` is that
    of records: a line break inside a field is always a bare LF.
    """

    separator: str = "|"
    quoted: bool = False
    container: Container = "plain"
    first_row: str | None = None
    last_row_prefix: str | None = None
    line_end: bytes = b"\n"
    has_bom: bool = False
    encoding: str = "utf-8"


def write_delimited(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, layout: Layout
) -> WrittenFile:
    """Write the result of a query, in its order, without holding it in memory."""
    columns = [name for name, *_ in connection.execute(f"describe {query}").fetchall()]
    padding = layout.separator * (len(columns) - 1)
    counter = _RecordCounter(layout)
    with _open_container(path, layout.container) as target:
        if layout.has_bom:
            target.write(b"\xef\xbb\xbf")
        if layout.first_row is not None:
            target.write((layout.first_row + padding).encode() + layout.line_end)
        target.write(layout.separator.join(columns).encode(layout.encoding) + layout.line_end)
        _copy(connection, query, layout, lambda chunk: target.write(counter.dress(chunk)))
        if layout.last_row_prefix is not None:
            last_row = f"{layout.last_row_prefix}{counter.nb_records}{padding}"
            target.write(last_row.encode() + layout.line_end)
    return WrittenFile(path, counter.nb_records)


class _RecordCounter:
    """Counts the records of the chunks it dresses with line ends and encoding."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.nb_records = 0
        self.rest = b""

    def dress(self, chunk: bytes) -> bytes:
        self.nb_records += chunk.count(b"\n")
        if self.layout.line_end != b"\n":
            chunk = chunk.replace(b"\n", self.layout.line_end)
        chunk = chunk.replace(LINE_BREAK, b"\n")
        if self.layout.encoding == "utf-8":
            return chunk
        # A chunk may end inside a character, never inside a line that is kept whole.
        whole, newline, rest = (self.rest + chunk).rpartition(b"\n")
        self.rest = rest
        return (whole + newline).decode().encode(self.layout.encoding)


def _copy(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    layout: Layout,
    consume: Callable[[bytes], object],
) -> None:
    """Pass the rows of a query, as delimited text without header, to `consume`."""
    read_end, write_end = os.pipe()
    failures: list[BaseException] = []

    def drain() -> None:
        with os.fdopen(read_end, "rb") as source:
            try:
                while chunk := source.read(1 << 20):
                    consume(chunk)
            except BaseException as error:
                failures.append(error)
                # DuckDB must be able to finish: what is left is thrown away.
                while source.read(1 << 20):
                    pass

    reader = threading.Thread(target=drain)
    reader.start()
    quote = '"' if layout.quoted else NO_QUOTE
    try:
        # Rows that pass a join on several threads do not all keep their order; the other core
        # compresses meanwhile.
        connection.execute("set threads = 1")
        connection.execute(
            f"copy ({query}) to '/dev/fd/{write_end}' (format csv, header false, "
            f"delimiter '{layout.separator}', quote '{quote}', escape '{quote}', "
            "use_tmp_file false)"
        )
    finally:
        os.close(write_end)
        reader.join()
    connection.execute("reset threads")
    if failures:
        raise failures[0]


@contextmanager
def _open_container(path: Path, container: Container) -> Iterator[BinaryIO]:
    """Open a file for writing, plain or as the only member of a container without clock times."""
    inner_name = path.name.removesuffix(".gz").removesuffix(".zip")
    with path.open("wb") as raw:
        if container == "gzip":
            with igzip.IGzipFile(  # type: ignore[no-untyped-call]
                filename=inner_name, mode="wb", compresslevel=1, fileobj=raw, mtime=0
            ) as compressed:
                yield cast(BinaryIO, compressed)
        elif container == "zip":
            with (
                zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
                archive.open(_zip_member(inner_name), "w", force_zip64=True) as member,
            ):
                yield cast(BinaryIO, member)
        else:
            yield raw


def _zip_member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, ZIP_EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member
