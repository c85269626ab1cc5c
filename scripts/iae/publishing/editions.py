"""The archive of what was published: one Parquet file per edition, written once and never changed.

It outlives the warehouse: the build reads it back (macros/show_editions.sql), and the models decide
whether the current figures are a new edition, and which (int_edition_cells.sql).
"""

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from iae.errors import IaeError
from iae.paths import path_from

FOLDER_NAME = "editions"
# As macros/show_editions.sql reads them.
PATTERN = "????-??-??_release_*.parquet"
# The group reads what is kept; nobody writes it.
MODE = 0o440
FOLDER_MODE = 0o750


@dataclass(frozen=True)
class Edition:
    """An edition: its date, its number among those of the date, and when it was published, UTC."""

    date: dt.date
    release: int
    published_at: dt.datetime

    @property
    def file_name(self) -> str:
        """Return the name of its file in the archive."""
        return file_name(self.date, self.release)


def file_name(date: dt.date, release: int) -> str:
    """Return the name of the file of an edition in the archive."""
    return f"{date:%Y-%m-%d}_release_{release}.parquet"


def archive_folder(published: Path) -> Path:
    """Return the folder of the archive: IAE_EDITIONS, else `editions` beside the published file."""
    return path_from("IAE_EDITIONS", published.with_name(FOLDER_NAME))


def unpublished_edition(connection: duckdb.DuckDBPyConnection, folder: Path) -> Edition | None:
    """Return the edition of the build that the archive lacks; raise IaeError if it has others."""
    built = connection.execute(
        "select edition, release, published_at is null from marts.dim_editions"
    ).fetchall()
    archived = {path.name for path in folder.glob(PATTERN)}
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    editions = {
        edition.file_name: (edition, is_new)
        for date, release, is_new in built
        for edition in [Edition(date, release, now)]
    }
    missing = set(editions) - archived
    if archived - set(editions) or any(not editions[name][1] for name in missing):
        raise IaeError(f"{folder}: holds other editions than the build has read: run dbt build.")
    for name, (edition, is_new) in editions.items():
        if is_new and name in archived and not _holds(connection, folder / name, edition):
            raise IaeError(f"{folder / name}: holds other figures than the build: run dbt build.")
    return editions[missing.pop()][0] if missing else None


def _holds(connection: duckdb.DuckDBPyConnection, file: Path, edition: Edition) -> bool:
    """Tell whether the file holds the cells that the build has of the edition."""
    ((nb_differences,),) = connection.execute(
        """
        with built as (
            select month, territory_id, structure_type, stock, is_provisional, is_synthetic
            from intermediate.int_edition_cells
            where edition = $date and release = $release
        ),
        kept as (
            select month, territory_id, structure_type, stock, is_provisional, is_synthetic
            from read_parquet($file)
        )
        select count(*)
        from ((from built except from kept) union all (from kept except from built))
        """,
        {"date": edition.date, "release": edition.release, "file": _pattern(file)},
    ).fetchall()
    return bool(nb_differences == 0)


def write_aside(connection: duckdb.DuckDBPyConnection, edition: Edition, aside: Path) -> None:
    """Write the cells of an edition whole into a file that nobody reads yet."""
    connection.sql(
        """
        select
            edition,
            release,
            is_synthetic,
            $published_at::timestamp as published_at,
            month,
            territory_id,
            structure_type,
            stock,
            is_provisional,
        from intermediate.int_edition_cells
        where edition = $date and release = $release
        order by month, territory_id, structure_type
        """,
        params={
            "date": edition.date,
            "release": edition.release,
            "published_at": edition.published_at,
        },
    ).write_parquet(str(aside), compression="zstd")


def keep(aside: Path, edition: Edition, folder: Path) -> Path:
    """Give the file its name in the archive, at once and never over another; return its path."""
    file = folder / edition.file_name
    try:
        os.link(aside, file)
    except FileExistsError:
        raise IaeError(f"{file}: was written meanwhile: run dbt build.") from None
    except OSError:  # a file system without links
        if file.exists():
            raise IaeError(f"{file}: was written meanwhile: run dbt build.") from None
        aside.rename(file)
    return file


def published_at(
    connection: duckdb.DuckDBPyConnection, folder: Path, date: dt.date, release: int
) -> dt.datetime:
    """Return when an edition of the archive was published, UTC."""
    file = folder / file_name(date, release)
    moment: dt.datetime = connection.execute(
        "select any_value(published_at) from read_parquet(?)", [_pattern(file)]
    ).fetchall()[0][0]
    return moment


def _pattern(file: Path) -> str:
    # What means several names in a pattern means itself in the name of a file.
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(file))
