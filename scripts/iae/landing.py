"""One reading into one immutable table: blocks of clean bytes in memory, parsed by DuckDB."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import duckdb

from iae.errors import IaeError
from iae.personal import compact_nir, nir_hash
from iae.records import MAX_LINE_BYTES, Reading
from iae.source import Table

# A row's line is its place in its table and a shift, the same for many rows on end: so nobody has
# to count the rows one after the other while they are parsed.
LINE_SHIFT = "_line_shift"
LINE = f"rowid + {LINE_SHIFT}"

# Two blocks are in memory: one that DuckDB reads while the other is being filled.
BLOCK_BYTES = 128 << 20
# DuckDB's threads share what it reads by quarters of this: a piece larger than a row group of its
# tables, and small enough for a block to occupy them all.
_BUFFER_BYTES = 64 << 20

_UNPARSED = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    # What its threads began to read does not fit together.
    duckdb.NotImplementedException,
)


class NotAsCountedError(Exception):
    """DuckDB met a record that the counts of its chunk had not shown: check every line."""


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return an SQL string."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Block:
    """Whole records, in a file without a name that is in memory only."""

    file: IO[bytes]
    has_quotes: bool


@contextmanager
def filled_ahead(
    readings: Iterable[Reading], on_chunk: Callable[[Reading], None]
) -> Iterator[Iterator[Block | None]]:
    """Give the blocks of readings, one after the other, each while the next one is being filled.

    After the last block of each reading comes None. `on_chunk` is called with the reading at every
    step. Raise IaeError on a system without memory files, and what reading raises.
    """
    if not hasattr(os, "memfd_create"):
        raise IaeError("This system has no memory files (memfd): load on Linux, where others read.")
    with ThreadPoolExecutor(max_workers=1) as filler:
        yield _ahead(filler, _filled(readings, on_chunk))


def _ahead(filler: ThreadPoolExecutor, blocks: Iterator[Block | None]) -> Iterator[Block | None]:
    coming = filler.submit(next, blocks, None)
    while True:
        block = coming.result()
        coming = filler.submit(next, blocks, None)
        yield block


def land(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    table: Table,
    reading: Reading,
    blocks: Iterator[Block | None],
    salt: str | None,
) -> int:
    """Create `target` from a reading, in file order; return the number of rows landed.

    The reading's next blocks are those of `blocks`. `salt` is needed where the table holds a NIR.
    Raise NotAsCountedError when the file must be read again with every line checked, IaeError when
    DuckDB cannot parse it, and what reading raises.
    """
    connection.execute(_table_sql(target, table))
    first_shift = 0
    while block := next(blocks):
        first_shift = reading.shifts[0][1]
        parameters: dict[str, object] = {"shift": first_shift + 1}
        if table.nir:
            parameters["salt"] = salt
        try:
            with block.file:
                connection.execute(_landing_sql(target, table, reading, block), parameters)
        except _UNPARSED:
            # Its message shows the record, which may hold personal data: it goes no further.
            if reading.is_careful:
                raise IaeError(f"{reading.item.label}: DuckDB cannot parse it.") from None
            raise NotAsCountedError(table.name) from None
    if any(shift != first_shift for _, shift in reading.shifts):
        _put_lines_right(connection, target, reading, first_shift)
    if table.keep:
        _keep_the_wanted(connection, target, table)
    [nb_rows] = connection.execute(f"select count(*) from {target}").fetchone() or (0,)  # noqa: S608
    return int(nb_rows)


def _filled(
    readings: Iterable[Reading], on_chunk: Callable[[Reading], None]
) -> Generator[Block | None]:
    """Yield the blocks of each reading, of BLOCK_BYTES and a chunk at most, then None."""
    for reading in readings:
        quote = reading.dialect.quote.encode()
        file, has_quotes = _memory_file(), False
        for chunk in reading.chunks():
            file.write(chunk)
            has_quotes = has_quotes or quote in chunk
            on_chunk(reading)
            if file.tell() >= BLOCK_BYTES:
                file.flush()
                yield Block(file, has_quotes)
                file, has_quotes = _memory_file(), False
        if file.tell():
            file.flush()
            yield Block(file, has_quotes)
        yield None


def _memory_file() -> IO[bytes]:
    return os.fdopen(os.memfd_create("block"), "wb")


def _table_sql(name: str, table: Table) -> str:
    """Return the SQL that creates an empty table."""
    columns = dict.fromkeys(table.landed, "varchar") | {LINE_SHIFT: "bigint"}
    listed = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
    return f"create table {name} ({listed})"


def _landing_sql(target: str, table: Table, reading: Reading, block: Block) -> str:
    """Return the SQL that lands a block, in file order. Only names of ours are in its text."""
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
        insert into {target}
        select
            {", ".join(selected)},
            $shift::bigint,
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


def _put_lines_right(
    connection: duckdb.DuckDBPyConnection, target: str, reading: Reading, first_shift: int
) -> None:
    """Give the records after a repair, a rejection or a blank line their physical line."""
    connection.execute(
        f"""
        update {target} as landed
        set {LINE_SHIFT} = moved.shift + 1
        from (
            select placed.row_id, shifts.shift
            from (
                select rowid as row_id, rowid - (select min(rowid) from {target}) + 1 as rank
                from {target}
            ) as placed
            asof join (select unnest($ranks) as rank, unnest($shifts) as shift) as shifts
                on placed.rank >= shifts.rank
            where shifts.shift <> $first_shift
        ) as moved
        where landed.rowid = moved.row_id
        """,  # noqa: S608
        {
            "first_shift": first_shift,
            "ranks": [rank for rank, _ in reading.shifts],
            "shifts": [shift for _, shift in reading.shifts],
        },
    )


def _keep_the_wanted(connection: duckdb.DuckDBPyConnection, target: str, table: Table) -> None:
    """Replace `target` by its rows that are to be kept, each with its line."""
    wanted = " and ".join(f"{quoted(name)} = '{value}'" for name, value in table.keep.items())
    connection.execute(
        f"""
        create or replace table {target} as
        select * exclude (line) replace (
            line - row_number() over (order by line) + 1 as {LINE_SHIFT}
        )
        from (select *, {LINE} - (select min(rowid) from {target}) as line from {target})
        where {wanted}
        order by line
        """  # noqa: S608
    )
