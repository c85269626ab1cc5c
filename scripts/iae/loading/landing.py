"""One reading into one immutable table: blocks of clean bytes in memory, parsed by DuckDB."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

import duckdb

from iae.errors import IaeError
from iae.loading.declaration import Table
from iae.loading.formats.records import MAX_LINE_BYTES, Reading
from iae.loading.personal import compact_nir, nir_hash
from iae.sql import quoted

# Two blocks are in memory: one that DuckDB reads while the other is being filled.
BLOCK_BYTES = 128 << 20
# DuckDB's threads share what it reads by quarters of this: a piece larger than a row group of its
# tables, and small enough for a block to occupy them all.
_BUFFER_BYTES = 64 << 20

_UNPARSED = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    # Its parallel readers disagreed on where records begin.
    duckdb.NotImplementedException,
)


class NotAsCountedError(Exception):
    """DuckDB met a record that the counts of its chunk had not shown: check every line."""


@dataclass
class Block:
    """Whole records, in a file without a name that is in memory only; none in an empty reading."""

    file: IO[bytes]
    has_quotes: bool = False
    is_last: bool = False

    def write(self, chunk: bytes, quote: bytes) -> None:
        """Add records."""
        self.file.write(chunk)
        self.has_quotes = self.has_quotes or quote in chunk

    def size(self) -> int:
        """Return the number of bytes."""
        return self.file.tell()


@contextmanager
def filled_ahead(
    readings: Iterable[Reading], on_chunk: Callable[[Reading], None]
) -> Iterator[Iterator[Block]]:
    """Give the blocks of readings, one after the other, each while the next one is being filled.

    Every reading has its last block, be it empty. `on_chunk` is called with the reading at every
    step. Raise IaeError on a system without memory files, and what reading raises.
    """
    if not hasattr(os, "memfd_create"):
        raise IaeError("This system has no memory files (memfd): load on Linux, where others read.")
    with ThreadPoolExecutor(max_workers=1) as filler:
        yield _ahead(filler, _filled(readings, on_chunk))


def _ahead(filler: ThreadPoolExecutor, blocks: Iterator[Block]) -> Iterator[Block]:
    coming = filler.submit(next, blocks, None)
    while block := coming.result():
        coming = filler.submit(next, blocks, None)
        yield block


@dataclass(frozen=True)
class Landed:
    """A landed table: how many rows it has, and the line of its first one.

    Where rows are on consecutive lines, the first line is enough. Where they are not, the lines
    are in a table of their own, row by row, and `first_line` is None.
    """

    nb_rows: int
    first_line: int | None


@dataclass(frozen=True)
class Target:
    """Where a table lands: the physical table of its rows, and that of their lines."""

    table: Table
    rows: str
    lines: str


def land(
    connection: duckdb.DuckDBPyConnection,
    target: Target,
    reading: Reading,
    blocks: Iterator[Block],
    salt: str | None,
) -> Landed:
    """Create the target from a reading, in file order; the table of lines only where it is needed.

    The reading's next blocks are those of `blocks`. `salt` is needed where the table holds a NIR.
    Raise NotAsCountedError when the file must be read again with every line checked, IaeError when
    DuckDB cannot parse it, and what reading raises.
    """
    table = target.table
    connection.execute(_table_sql(target.rows, table))
    parameters = {"salt": salt} if table.nir else {}
    for block in blocks:
        try:
            with block.file:
                if block.size():
                    sql = _landing_sql(target, reading, block)
                    connection.execute(sql, parameters)
        except _UNPARSED:
            # Its message shows the record, which may hold personal data: it goes no further.
            if reading.is_careful:
                raise IaeError(f"{reading.item.label}: DuckDB cannot parse it.") from None
            raise NotAsCountedError(table.name) from None
        if block.is_last:
            break
    first_line: int | None = 1 + (reading.shifts[0][1] if reading.shifts else 0)
    if len(reading.shifts) > 1:
        first_line = None
        _write_lines(connection, target.lines, reading)
    counted = connection.execute(f"select count(*) from {target.rows}").fetchone()  # noqa: S608
    [nb_rows] = counted or (0,)
    return Landed(int(nb_rows), first_line)


def with_lines(target: str, lines: str, first_line: int | None) -> str:
    """Return SQL: the rows of a landed table, each with its physical line as `_line`."""
    if first_line is not None:
        return f"(select *, rowid + {first_line} as _line from {target})"  # noqa: S608
    return (
        f"(select landed.*, lines.line as _line from {target} as landed"  # noqa: S608
        f" inner join {lines} as lines on landed.rowid = lines.rowid)"
    )


def _filled(readings: Iterable[Reading], on_chunk: Callable[[Reading], None]) -> Generator[Block]:
    """Yield the blocks of each reading, of BLOCK_BYTES and a chunk at most.

    The first ones are smaller, so that DuckDB has something to read sooner.
    """
    capacity = BLOCK_BYTES // 4
    for reading in readings:
        quote = reading.dialect.quote.encode()
        block = _empty_block()
        for chunk in reading.chunks():
            block.write(chunk, quote)
            on_chunk(reading)
            if block.size() >= capacity:
                capacity = min(2 * capacity, BLOCK_BYTES)
                block.file.flush()
                yield block
                block = _empty_block()
        block.file.flush()
        block.is_last = True
        yield block


def _empty_block() -> Block:
    return Block(os.fdopen(os.memfd_create("block"), "wb"))


def _table_sql(name: str, table: Table) -> str:
    """Return the SQL that creates an empty table."""
    listed = ", ".join(f"{quoted(column)} varchar" for column in table.landed)
    return f"create table {name} ({listed})"


def _landing_sql(target: Target, reading: Reading, block: Block) -> str:
    """Return the SQL that lands a block, in file order. Only names of ours are in its text."""
    table = target.table
    places = {name: f"c{rank}" for rank, name in reversed([*enumerate(reading.columns)])}
    selected = [places[name] for name in table.columns]
    nir = compact_nir(places[table.nir]) if table.nir else "null"
    if table.nir:
        selected.append(nir_hash("nir"))
    columns = ", ".join(f"c{rank}: 'VARCHAR'" for rank in range(len(reading.columns)))
    dialect = reading.dialect
    # A thread that begins within quotes can take a separator there for one that counts.
    is_shared = not (reading.is_careful or (dialect.quotes_separators and block.has_quotes))
    return f"""
        insert into {target.rows}
        select {", ".join(selected)}
        from (
            select *, {nir} as nir
            from read_csv(
                '/proc/self/fd/{block.file.fileno()}',
                auto_detect = false, header = false, strict_mode = true, null_padding = false,
                delim = '{dialect.separator}', quote = '{dialect.quote}',
                escape = '{dialect.quote}', new_line = '\\n', columns = {{{columns}}},
                buffer_size = {_BUFFER_BYTES}, max_line_size = {MAX_LINE_BYTES},
                parallel = {is_shared}
            )
        )
    """  # noqa: S608


def _write_lines(connection: duckdb.DuckDBPyConnection, lines: str, reading: Reading) -> None:
    """Create `lines`: the physical line of each record, in file order."""
    runs = [*pairwise([*reading.shifts, (reading.nb_records + 1, 0)])]
    connection.execute(
        f"""
        create table {lines} as
        select unnest(range(start, stop)) as line
        from (select unnest($starts::bigint[]) as start, unnest($stops::bigint[]) as stop)
        """,  # noqa: S608
        {
            "starts": [rank + shift for (rank, shift), _ in runs],
            "stops": [next_rank + shift for (_, shift), (next_rank, _) in runs],
        },
    )
