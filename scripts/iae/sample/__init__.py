"""A synthetic drop in the formats of the real extracts, calibrated on published figures."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from iae.errors import IaeError, printable
from iae.folders import replaced
from iae.sample.asp_extranet import write_fluxiae
from iae.sample.geiq import write_geiq
from iae.sample.iti import write_iti
from iae.sample.resources import load_calibration, read_text, run_script
from iae.sample.text_files import WrittenFile
from iae.sample.weeks import (
    Delivery,
    geiq_date,
    in_next_month,
    iti_date,
    one_delivery,
    packed,
    weekly_deliveries,
)

# The months that the calibration covers.
FIRST_MONTH = date(2017, 1, 1)
LAST_MONTH = date(2023, 12, 1)
MAX_SCALE = 20.0
# A drop with this file at its root is synthetic: the loader says so wherever it is shown.
MARKER = "SYNTHETIC.md"


def write_sample(
    out: Path,
    *,
    scale: float = 0.02,
    seed: int = 1,
    until: date = date(2022, 9, 1),
    nb_weeks: int | None = None,
    is_forced: bool = False,
    on_file: Callable[[WrittenFile], None] = lambda file: None,
) -> list[WrittenFile]:
    """Write a synthetic drop: all sources but the Baromètre, with the quirks of the real files.

    The same arguments give the same bytes; scale 1 is the size of France. The drop is complete or
    not there at all. With `nb_weeks`, write as many drops, a folder each: what the same population
    delivered from week to week, up to what covers `until`. Raise IaeError where an argument is out
    of bounds, or `out` is in use (unless it is an earlier sample, with `is_forced`).
    """
    if not 0 < scale <= MAX_SCALE:
        raise IaeError(f"The scale is {scale:g}: give one above 0 and up to {MAX_SCALE:g}.")
    if not FIRST_MONTH <= until <= LAST_MONTH:
        raise IaeError(
            f"The calibration covers {FIRST_MONTH:%Y-%m} to {LAST_MONTH:%Y-%m}, not {until:%Y-%m}:"
            " give --until within these months."
        )
    deliveries = [one_delivery(until)] if nb_weeks is None else weekly_deliveries(until, nb_weeks)
    if not is_forced and out.is_dir() and any(out.iterdir()):
        raise IaeError(
            f"{printable(out)}: exists and is not empty; name another folder, or give --force."
        )
    files = []
    readme = read_text("SYNTHETIC.md").format(
        scale=scale,
        seed=seed,
        until=f"{until:%Y-%m}",
        weeks="" if nb_weeks is None else f" --weeks {nb_weeks}",
    )
    with replaced(out, "sample") as folder:
        try:
            with _generator(folder, scale, seed, until) as connection:
                for delivery in deliveries:
                    drop = folder if nb_weeks is None else folder / f"{delivery.day}"
                    drop.mkdir(exist_ok=True)
                    for file in _write_sources(connection, drop, delivery, nb_weeks is not None):
                        files.append(file)
                        on_file(file)
                    (drop / MARKER).write_text(readme, encoding="utf-8")
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise IaeError(f"The sample cannot be written to {printable(out)}: {error}.") from error
    return [WrittenFile(out / file.path.relative_to(folder), file.nb_rows) for file in files]


@contextmanager
def _generator(
    partial: Path, scale: float, seed: int, until: date
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that holds the population: people and contracts, all days long."""
    spill = partial / ".spill"
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '2GB'")
        connection.execute("set temp_directory = ?", [str(spill)])
        load_calibration(connection)
        _set(connection, scale=scale, seed=seed, horizon_month=_month_number(until))
        for script in ("targets", "contracts", "persons"):
            run_script(connection, script)
        yield connection
    shutil.rmtree(spill, ignore_errors=True)


def _month_number(month: date) -> int:
    return month.year * 12 + month.month - 1


def _write_sources(
    connection: duckdb.DuckDBPyConnection, drop: Path, delivery: Delivery, is_archived: bool
) -> Iterator[WrittenFile]:
    _cover(connection, delivery.month, delivery.extract_date)
    fluxiae = write_fluxiae(connection, drop, delivery.extract_date)
    if is_archived:
        yield packed(drop / "asp_fluxiae", list(fluxiae), delivery.day)
    else:
        yield from fluxiae
    if delivery.geiq_month:
        _cover(connection, delivery.geiq_month)
        day = geiq_date(delivery.geiq_month)
        yield from write_geiq(connection, drop, day, delivery.first_list)
    if delivery.iti_month:
        _cover(connection, delivery.iti_month)
        yield from write_iti(connection, drop, iti_date(delivery.iti_month))


def _cover(
    connection: duckdb.DuckDBPyConnection, month: date, extract_date: date | None = None
) -> None:
    """Say which month the next files cover, and what is known by when."""
    day = extract_date or in_next_month(month, 11)
    _set(connection, until_month=_month_number(month), extract_date=day)


def _set(connection: duckdb.DuckDBPyConnection, **variables: object) -> None:
    for name, value in variables.items():
        connection.execute(f"set variable {name} = ?", [value])
