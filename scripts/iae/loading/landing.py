"""One reading into one immutable table, parsed by DuckDB block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import duckdb

from iae.errors import IaeError
from iae.loading.blocks import Block, UnreadableBlockError
from iae.loading.declaration import Table
from iae.loading.formats.records import Reading
from iae.loading.personal import compact_nir, nir_hash
from iae.sql import quoted

_UNPARSED = (
    UnreadableBlockError,
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    # Its parallel readers disagreed on where records begin.
    duckdb.NotImplementedException,
)


class NotAsCountedError(Exception):
    """A record does not fit although the counts of its chunk did: check every line."""


@dataclass(frozen=True)
class Target:
    """Where a table lands: the physical table of its rows, and of their lines where it needs one.

    The names of both are quoted and with their schema.
    """

    table: Table
    rows: str
    lines: str


def land(
    connection: duckdb.DuckDBPyConnection,
    target: Target,
    reading: Reading,
    blocks: Iterator[Block],
    salt: str | None,
) -> int | None:
    """Create the target from a reading, in file order; return the line of its first row.

    None where lines are not consecutive: they are then in the target's table of lines. The
    reading's next blocks are those of `blocks`. Raise NotAsCountedError when the file must be read
    again with every line checked, IaeError when DuckDB cannot parse it.
    """
    table = target.table
    columns = ", ".join(f"{quoted(column)} varchar" for column in table.landed)
    connection.execute(f"create table {target.rows} ({columns})")
    for block in blocks:
        try:
            with block.file:
                if block.size():
                    rows, parameters = block.rows(reading)
                    if table.nir:
                        parameters["salt"] = salt
                    connection.execute(_landing_sql(target, reading, rows), parameters)
        except _UNPARSED:
            # Its message shows the record, which may hold personal data: it goes no further.
            if reading.is_careful:
                raise IaeError(f"{reading.item.label}: DuckDB cannot parse it.") from None
            raise NotAsCountedError(table.name) from None
        if block.is_last:
            break
    if len(reading.shifts) > 1:
        _write_lines(connection, target.lines, reading)
        return None
    return 1 + (reading.shifts[0][1] if reading.shifts else 0)


def with_lines(target: Target, first_line: int | None) -> str:
    """Return SQL: the rows of a landed table, each with its physical line as `_line`."""
    if first_line is not None:
        return f"(select *, rowid + {first_line} as _line from {target.rows})"  # noqa: S608
    return (
        f"(select landed.*, lines.line as _line from {target.rows} as landed"  # noqa: S608
        f" inner join {target.lines} as lines on landed.rowid = lines.rowid)"
    )


def _landing_sql(target: Target, reading: Reading, rows: str) -> str:
    """Return the SQL that lands a block's rows. Only names of ours are in its text."""
    table = target.table
    places = {name: f"c{rank}" for rank, name in reversed([*enumerate(reading.columns)])}
    selected = [places[name] for name in table.columns]
    nir = compact_nir(places[table.nir]) if table.nir else "null"
    if table.nir:
        selected.append(nir_hash("nir"))
    return f"""
        insert into {target.rows}
        select {", ".join(selected)}
        from (select *, {nir} as nir from ({rows}))
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
