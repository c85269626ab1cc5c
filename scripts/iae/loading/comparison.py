"""A new extract beside the current one: which figures fall, and by too much."""

import datetime as dt
import math
from dataclasses import dataclass

import duckdb

from iae.errors import IaeError
from iae.loading import history
from iae.loading.declaration import Gauge, Source
from iae.loading.raw_tables import landing_target


@dataclass(frozen=True)
class Figure:
    """One figure of the current extract (`before`) and of the new one (`now`)."""

    label: str
    before: int
    now: int
    is_estimate: bool = False
    is_percentage: bool = False

    def has_fallen(self, max_fall: float) -> bool:
        """Tell whether the fall is beyond the share allowed, and beyond chance.

        A small table loses a row or two for good reasons; a count of people moves by its own error.
        A percentage does neither.
        """
        if self.is_percentage:
            return self.before - self.now > max_fall * self.before
        allowed = max(max_fall * self.before, 2)
        if self.is_estimate:
            allowed = max(allowed, 3 * math.sqrt(self.before))
        return self.before - self.now > allowed


def compare(
    connection: duckdb.DuckDBPyConnection, source: Source, before: history.Load, new: history.Load
) -> list[Figure]:
    """Return rows by table, then the source's gauges, of the current extract and of a new one."""
    figures = []
    for table in source.tables:
        old_rows, new_rows = (
            landing_target(source, table, one.load_id).rows for one in (before, new)
        )
        [counts] = connection.execute(
            f"select (select count(*) from {old_rows}), (select count(*) from {new_rows})"  # noqa: S608
        ).fetchall()
        figures.append(Figure(f"{table.name}, rows", *counts))
    common = min(before.date, new.date)
    for gauge in source.gauges:
        measured_before, measured_now = (
            _measured(
                connection, source, gauge, one.load_id, common if gauge.at_same_date else one.date
            )
            for one in (before, new)
        )
        figures += [
            Figure(label, figure, measured_now.get(label, 0), True, gauge.is_percentage)
            for label, figure in measured_before.items()
        ]
    return figures


def _measured(
    connection: duckdb.DuckDBPyConnection, source: Source, gauge: Gauge, load_id: int, date: dt.date
) -> dict[str, int]:
    tables = {table.name: landing_target(source, table, load_id).rows for table in source.tables}
    rows = connection.execute(gauge.sql.format(**tables), {"date": date}).fetchall()
    return dict(rows)


def refuse_falls(
    source: Source, before: history.Load, new: history.Load, figures: list[Figure], max_fall: float
) -> None:
    """Raise IaeError when a figure falls by more than the share `max_fall`, beyond chance."""
    fallen = [figure for figure in figures if figure.has_fallen(max_fall)]
    if fallen:
        worst = min(fallen, key=lambda figure: figure.now / figure.before)
        raise IaeError(
            f"{source.name}: the extract of {new.date:%Y-%m-%d} falls by more than {max_fall:.0%} "
            f"from the current one of {before.date:%Y-%m-%d} ({worst.label}: {worst.before:,} to "
            f"{worst.now:,}); check it, then load it with --accept.",
            figures=[(figure.label, figure.before, figure.now) for figure in fallen],
        )
