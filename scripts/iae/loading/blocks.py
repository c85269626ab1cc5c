"""Blocks of clean records in memory, and how DuckDB reads them: none of them is ever on disk.

Linux has files in memory only (memfd), which DuckDB reads by all its threads. Elsewhere a block is
handed over as a parameter: one thread, as right, a few times slower.
"""

import csv
import io
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO

from iae.loading.formats.records import MAX_LINE_BYTES, Reading
from iae.sql import literal

# Two blocks are in memory: one that DuckDB reads while the other is being filled.
BLOCK_BYTES = 128 << 20
# A parameter is copied several times on its way.
PARAMETER_BYTES = 16 << 20
# DuckDB's threads share what it reads by quarters of this: a piece larger than a row group of its
# tables, and small enough for a block to occupy them all.
BUFFER_BYTES = 64 << 20


class UnreadableBlockError(Exception):
    """A block holds a record that does not have its columns."""


class Block:
    """Whole records of a reading; none in an empty one.

    They are in a file in memory (`is_memfd`), else they become a parameter of the query.
    """

    def __init__(self) -> None:
        self.is_memfd = hasattr(os, "memfd_create")
        self.file: IO[bytes] = io.BytesIO()
        self.capacity = min(BLOCK_BYTES, PARAMETER_BYTES)
        if self.is_memfd:
            self.file = os.fdopen(os.memfd_create("block"), "wb")
            self.capacity = BLOCK_BYTES
        self.has_quotes = False
        self.is_last = False

    def write(self, chunk: bytes, quote: bytes) -> None:
        """Add records."""
        self.file.write(chunk)
        self.has_quotes = self.has_quotes or quote in chunk

    def size(self) -> int:
        """Return the number of bytes."""
        return self.file.tell()

    def rows(self, reading: Reading) -> tuple[str, dict[str, object]]:
        """Return SQL of the records, in file order, with columns c0, c1, …, and its parameters.

        Raise UnreadableBlockError, or let DuckDB raise, where a record does not have its columns.
        """
        if self.is_memfd:
            self.file.flush()
            return self._from_file(reading), {}
        self.file.seek(0)
        text = self.file.read().decode()
        # Only a block with quotes goes through Python's reader, record by record.
        if self.has_quotes:
            return _as_lists(_records(text, reading), len(reading.columns))
        return _from_lines(reading), {"text": text.removesuffix("\n")}

    def _from_file(self, reading: Reading) -> str:
        columns = ", ".join(f"c{rank}: 'VARCHAR'" for rank in range(len(reading.columns)))
        dialect = reading.dialect
        # A thread that begins within quotes can take a separator there for one that counts.
        is_parallel = not (reading.is_careful or (dialect.quotes_separators and self.has_quotes))
        return f"""
            from read_csv(
                '/proc/self/fd/{self.file.fileno()}',
                auto_detect = false, header = false, strict_mode = true, null_padding = false,
                delim = '{dialect.separator}', quote = '{dialect.quote}',
                escape = '{dialect.quote}', new_line = '\\n', columns = {{{columns}}},
                buffer_size = {BUFFER_BYTES}, max_line_size = {MAX_LINE_BYTES},
                parallel = {is_parallel}
            )
        """


def _from_lines(reading: Reading) -> str:
    nb_columns = len(reading.columns)
    fields = ", ".join(f"nullif(fields[{rank + 1}], '') as c{rank}" for rank in range(nb_columns))
    return f"""
        select {fields}
        from (
            select string_split(line, {literal(reading.dialect.separator)}) as fields
            from (select unnest(string_split($text, chr(10))) as line)
            where strlen(line) <= {MAX_LINE_BYTES} or error('too long')::boolean
        )
        where len(fields) = {nb_columns} or error('other columns')::boolean
    """  # noqa: S608


def _records(text: str, reading: Reading) -> list[list[str]]:
    csv.field_size_limit(MAX_LINE_BYTES)
    dialect = reading.dialect
    lines = io.StringIO(text, newline="\n")
    records = csv.reader(
        lines, delimiter=dialect.separator, quotechar=dialect.quote, doublequote=True, strict=True
    )
    try:
        rows = [*records]
    except csv.Error:
        # Its message can show the record.
        raise UnreadableBlockError from None
    if any(len(row) != len(reading.columns) for row in rows):
        raise UnreadableBlockError
    return rows


def _as_lists(rows: Sequence[Sequence[str]], nb_columns: int) -> tuple[str, dict[str, object]]:
    listed = ", ".join(f"unnest($c{rank}::varchar[]) as c{rank}" for rank in range(nb_columns))
    filled = ", ".join(f"nullif(c{rank}, '') as c{rank}" for rank in range(nb_columns))
    columns = {f"c{rank}": [row[rank] for row in rows] for rank in range(nb_columns)}
    return f"select {filled} from (select {listed})", {**columns}  # noqa: S608


@contextmanager
def filled_ahead(
    readings: Iterable[Reading], on_chunk: Callable[[Reading], None]
) -> Iterator[Iterator[Block]]:
    """Yield the blocks of each reading, the last perhaps empty; a thread fills the next one."""
    with ThreadPoolExecutor(max_workers=1) as filler:
        yield _ahead(filler, _filled(readings, on_chunk))


def _ahead(filler: ThreadPoolExecutor, blocks: Iterator[Block]) -> Iterator[Block]:
    coming = filler.submit(next, blocks, None)
    while block := coming.result():
        coming = filler.submit(next, blocks, None)
        yield block


def _filled(readings: Iterable[Reading], on_chunk: Callable[[Reading], None]) -> Generator[Block]:
    """Yield the blocks of each reading; the first are smaller, so that DuckDB begins sooner."""
    part = 4
    for reading in readings:
        quote = reading.dialect.quote.encode()
        block = Block()
        for chunk in reading.chunks():
            block.write(chunk, quote)
            on_chunk(reading)
            if block.size() >= block.capacity // part:
                part = max(part // 2, 1)
                yield block
                block = Block()
        block.is_last = True
        yield block
