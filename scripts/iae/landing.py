"""One reading into one immutable table: clean bytes go down a pipe, DuckDB parses them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import duckdb

from iae.errors import IaeError
from iae.personal import nir_hash
from iae.records import Reading
from iae.source import Table

META_COLUMNS = {
    "_load_id": "integer",
    "_extract_date": "date",
    "_file": "varchar",
    "_line": "bigint",
}


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
    """Create `target` from a reading; return the number of rows landed.

    `parameters` are load_id, extract_date, file and, where the table holds a NIR, salt. Raise
    NotAsCountedError when the file must be read again with every line checked, and what reading
    raises.
    """
    nb_lines_above = reading.line - 1
    parameters = {**parameters, "nb_lines_above": nb_lines_above}
    reader, writer = os.pipe()
    pump = _Pump(reading, writer, on_chunk)
    pump.start()
    try:
        connection.execute(_landing_sql(target, table, reading, reader), parameters)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        # Its message shows the record, which may hold personal data: it goes no further.
        if reading.is_careful:
            raise IaeError(f"{reading.item.label}: DuckDB cannot parse it.") from None
        raise NotAsCountedError(table.name) from None
    finally:
        os.close(reader)
        pump.join()
        if pump.error:
            raise pump.error
    if any(shift != nb_lines_above for _, shift in reading.shifts):
        _put_lines_right(connection, target, reading, nb_lines_above)
    [nb_rows] = connection.execute(f"select count(*) from {target}").fetchone() or (0,)  # noqa: S608
    return int(nb_rows)


def _landing_sql(target: str, table: Table, reading: Reading, descriptor: int) -> str:
    """Return the SQL that lands a reading, in file order. Only names of ours are in its text."""
    places = {name: f"c{rank}" for rank, name in reversed([*enumerate(reading.columns)])}
    selected = [f"{places[name]} as {quoted(name)}" for name in table.columns]
    if table.nir:
        selected.append(f"{nir_hash(places[table.nir])} as {quoted(f'{table.nir}_hash')}")
    kept = [f"{quoted(name)} = '{value}'" for name, value in table.keep.items()]
    columns = ", ".join(f"c{rank}: 'VARCHAR'" for rank in range(len(reading.columns)))
    dialect = reading.dialect
    return f"""
        create table {target} as
        select * from (
            select
                {", ".join(selected)},
                $load_id::integer as _load_id,
                $extract_date::date as _extract_date,
                $file::varchar as _file,
                row_number() over () + $nb_lines_above as _line,
            from read_csv(
                '/dev/fd/{descriptor}',
                auto_detect = false, header = false, strict_mode = true, null_padding = false,
                delim = '{dialect.separator}', quote = '{dialect.quote}',
                escape = '{dialect.quote}', new_line = '\\n', columns = {{{columns}}}
            )
        )
        {"where " + " and ".join(kept) if kept else ""}
    """  # noqa: S608


def _put_lines_right(
    connection: duckdb.DuckDBPyConnection, target: str, reading: Reading, nb_lines_above: int
) -> None:
    """Give the records after a repair, a rejection or a blank line their physical line."""
    connection.execute(
        f"""
        update {target} as landed
        set _line = moved._line
        from (
            select placed.rowid as row_id, placed._line - $above + shifts.shift as _line
            from {target} as placed
            asof join (select unnest($ranks) as rank, unnest($shifts) as shift) as shifts
                on placed._line - $above >= shifts.rank
            where shifts.shift != $above
        ) as moved
        where landed.rowid = moved.row_id
        """,  # noqa: S608
        {
            "above": nb_lines_above,
            "ranks": [rank for rank, _ in reading.shifts],
            "shifts": [shift for _, shift in reading.shifts],
        },
    )


class _Pump(threading.Thread):
    """Writes the chunks of a reading into a pipe; keeps the error that stopped it, if any."""

    def __init__(self, reading: Reading, writer: int, on_chunk: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self._reading = reading
        self._writer = writer
        self._on_chunk = on_chunk

    def run(self) -> None:
        try:
            for chunk in self._reading.chunks():
                left = memoryview(chunk)
                while left:
                    left = left[os.write(self._writer, left) :]
                self._on_chunk()
        except BrokenPipeError:
            pass  # DuckDB stopped reading, and says why
        except BaseException as error:
            self.error = error
        finally:
            os.close(self._writer)
