"""One reading into one immutable table: blocks of clean bytes in memory, parsed by DuckDB."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import IO

import duckdb

from iae.errors import IaeError
from iae.personal import nir_hash
from iae.records import MAX_RECORD_BYTES, Reading
from iae.source import Table

# What the loader adds to each row, with its type; the raw views add LINE to them, as `_line`.
META_COLUMNS = {"_load_id": "integer", "_extract_date": "date", "_file": "varchar"}
# A row's line is its place in its table and a shift, the same for nearly every row of a file: so
# nobody has to count the rows one after the other while they are parsed.
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


def land(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    table: Table,
    reading: Reading,
    parameters: dict[str, object],
    on_chunk: Callable[[], None],
) -> int:
    """Create `target` from a reading, in file order; return the number of rows landed.

    `parameters` are load_id, extract_date, file and, where the table holds a NIR, salt. Raise
    NotAsCountedError when the file must be read again with every line checked, IaeError on a system
    without memory files, and what reading raises.
    """
    if not hasattr(os, "memfd_create"):
        raise IaeError("This system has no memory files (memfd): load on Linux, where others read.")
    connection.execute(_table_sql(target, table))
    first_line = reading.line
    parameters = {**parameters, "first_line": first_line}
    with closing(_blocks(reading, on_chunk)) as blocks:
        for block in blocks:
            try:
                connection.execute(_landing_sql(target, table, reading, block), parameters)
            except _UNPARSED:
                # Its message shows the record, which may hold personal data: it goes no further.
                if reading.is_careful:
                    raise IaeError(f"{reading.item.label}: DuckDB cannot parse it.") from None
                raise NotAsCountedError(table.name) from None
    if any(shift + 1 != first_line for _, shift in reading.shifts):
        _put_lines_right(connection, target, reading, first_line)
    if table.keep:
        _keep_the_wanted(connection, target, table)
    [nb_rows] = connection.execute(f"select count(*) from {target}").fetchone() or (0,)  # noqa: S608
    return int(nb_rows)


@dataclass(frozen=True)
class _Block:
    """Whole records, in a file without a name that is in memory only."""

    file: IO[bytes]
    has_quotes: bool


def _blocks(reading: Reading, on_chunk: Callable[[], None]) -> Generator[_Block]:
    """Yield what a reading gives, each block while the next one is being filled."""
    chunks = reading.chunks()
    quote = reading.dialect.quote.encode()
    with ThreadPoolExecutor(max_workers=1) as filler:
        coming = filler.submit(_filled, chunks, quote, on_chunk)
        while block := coming.result():
            coming = filler.submit(_filled, chunks, quote, on_chunk)
            with block.file:
                yield block


def _filled(chunks: Iterator[bytes], quote: bytes, on_chunk: Callable[[], None]) -> _Block | None:
    """Return the next block, of BLOCK_BYTES and a chunk at most; None when nothing is left."""
    file = os.fdopen(os.memfd_create("block"), "wb")
    has_quotes = False
    for chunk in chunks:
        file.write(chunk)
        has_quotes = has_quotes or quote in chunk
        on_chunk()
        if file.tell() >= BLOCK_BYTES:
            break
    file.flush()
    return _Block(file, has_quotes) if file.tell() else None


def _table_sql(name: str, table: Table) -> str:
    """Return the SQL that creates an empty table."""
    columns = dict.fromkeys(table.landed, "varchar") | META_COLUMNS | {LINE_SHIFT: "bigint"}
    listed = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
    return f"create table {name} ({listed})"


def _landing_sql(target: str, table: Table, reading: Reading, block: _Block) -> str:
    """Return the SQL that lands a block, in file order. Only names of ours are in its text."""
    places = {name: f"c{rank}" for rank, name in reversed([*enumerate(reading.columns)])}
    selected = [places[name] for name in table.columns]
    if table.nir:
        selected.append(nir_hash(places[table.nir]))
    columns = ", ".join(f"c{rank}: 'VARCHAR'" for rank in range(len(reading.columns)))
    dialect = reading.dialect
    # A thread that begins within quotes can take a separator there for one that counts.
    is_shared = not (reading.is_careful or (dialect.quotes_separators and block.has_quotes))
    return f"""
        insert into {target}
        select
            {", ".join(selected)},
            $load_id::integer,
            $extract_date::date,
            $file::varchar,
            $first_line::bigint,
        from read_csv(
            '/proc/self/fd/{block.file.fileno()}',
            auto_detect = false, header = false, strict_mode = true, null_padding = false,
            delim = '{dialect.separator}', quote = '{dialect.quote}',
            escape = '{dialect.quote}', new_line = '\\n', columns = {{{columns}}},
            buffer_size = {_BUFFER_BYTES}, max_line_size = {2 * MAX_RECORD_BYTES},
            parallel = {is_shared}
        )
    """  # noqa: S608


def _put_lines_right(
    connection: duckdb.DuckDBPyConnection, target: str, reading: Reading, first_line: int
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
            where shifts.shift + 1 <> $first_line
        ) as moved
        where landed.rowid = moved.row_id
        """,  # noqa: S608
        {
            "first_line": first_line,
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
