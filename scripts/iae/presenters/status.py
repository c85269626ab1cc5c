"""What `iae status` shows: what is loaded, built and published, and what to type next."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml  # type: ignore[import-untyped]
from rich.filesize import decimal

from iae.console import stdout, table_of
from iae.errors import IaeError, printable
from iae.loading.salt import check_salt
from iae.paths import published_path
from iae.publishing.editions import PATTERN, archive_folder
from iae.publishing.proof import prove
from iae.sql import literal, quoted, rows_if_there

# Where each source says after how many days its latest extract is late (dbt, `freshness`).
SOURCES_FILES = "models/staging/*/_*__sources.yml"
BLOCK_BYTES = 256 << 10
# How many of the last editions are shown.
NB_EDITIONS = 3


@dataclass(frozen=True)
class Loaded:
    """An extract that is kept, as raw.extracts has it."""

    load_id: int
    source: str
    date: dt.date
    is_current: bool
    is_synthetic: bool
    nb_records: int
    nb_rows: int
    nb_rejected: int
    loaded_at: dt.datetime


def show_nothing_loaded(warehouse: Path) -> None:
    """Say that there is nothing in the warehouse yet."""
    stdout.print(f"{printable(warehouse)}: nothing is loaded yet.\nNext: iae load DROP")


def show_status(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Show the file, the extracts kept, the last run, what is published, and what to do."""
    extracts = _extracts(connection)
    if not extracts:
        show_nothing_loaded(warehouse)
        return
    size = decimal(warehouse.stat().st_size)
    stdout.print(f"Warehouse  {printable(warehouse)} ({size})")
    _show_last_run(connection)
    published = _published(published_path(warehouse))
    stdout.print(f"Published  {published.said}")
    _show_extracts(connection, extracts, published)
    _show_editions(published_path(warehouse))
    try:
        check_salt(connection, warehouse)
    except IaeError as fault:
        stdout.print(f"Warning: {fault}")
    stdout.print(f"Next: {_next_command(connection, published)}")


def _extracts(connection: duckdb.DuckDBPyConnection) -> list[Loaded]:
    rows = rows_if_there(
        connection,
        """
        select
            extracts.load_id,
            extracts.source,
            extracts.extract_date,
            extracts.is_current,
            extracts.is_synthetic,
            sum(files.nb_records)::bigint as nb_records,
            extracts.nb_rows,
            extracts.nb_rejected,
            extracts.loaded_at,
        from raw.extracts as extracts
        left join raw.extract_files as files using (load_id)
        group by all
        order by extracts.source, extracts.extract_date desc, extracts.loaded_at desc
        """,
    )
    return [Loaded(*row) for row in rows]


def _show_last_run(connection: duckdb.DuckDBPyConnection) -> None:
    runs = rows_if_there(
        connection,
        "select command, status, started_at from raw.builds order by started_at desc limit 1",
    )
    if not runs:
        stdout.print("Last run   none")
    for command, status, started_at in runs:
        stdout.print(f"Last run   {command}, {started_at:%Y-%m-%d %H:%M} UTC: {status}")


@dataclass(frozen=True)
class Published:
    """What the published file says of itself: its runs, its extracts, and a sentence."""

    said: str
    runs: set[str]
    extracts: set[tuple[str, dt.date]]


def _published(path: Path) -> Published:
    if not path.exists():
        return Published("nothing yet", set(), set())
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            runs = rows_if_there(connection, "select invocation_id from marts.audit_builds")
            extracts = rows_if_there(
                connection, "select source, extract_date from marts.audit_extracts"
            )
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        return Published(f"{printable(path)} cannot be read ({reason})", set(), set())
    day = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    said = f"{printable(path)} ({decimal(path.stat().st_size)}), {day:%Y-%m-%d %H:%M} UTC"
    return Published(said, {run for (run,) in runs}, {(row[0], row[1]) for row in extracts})


def _show_extracts(
    connection: duckdb.DuckDBPyConnection, extracts: list[Loaded], published: Published
) -> None:
    sizes = _sizes(connection)
    limits = days_until_late()
    today = dt.date.today()
    # The latest come last.
    latest = {one.source: one.date for one in reversed(extracts) if one.is_current}
    numbers = ["age", "records", "rows", "rejected", "size"]
    table = table_of("source", "extract", "state", "published", right=numbers)
    table.add_column("loaded (UTC)")
    late = []
    for one in extracts:
        age = f"{(today - one.date).days} d"
        limit = limits.get(one.source)
        # The latest real extract: earlier ones, and what is made up, are expected to be old.
        is_awaited = one.date == latest.get(one.source) and not one.is_synthetic
        if limit and is_awaited and (today - one.date).days > limit:
            age += " late"
            late.append(f"{one.source} is expected every {limit} days at most")
        table.add_row(
            one.source,
            f"{one.date:%Y-%m-%d}{' synthetic' if one.is_synthetic else ''}",
            "current" if one.is_current else "kept",
            "yes" if one.is_current and (one.source, one.date) in published.extracts else "no",
            age,
            f"{one.nb_records:,}",
            f"{one.nb_rows:,}",
            f"{one.nb_rejected:,}",
            decimal(sizes.get(one.load_id, 0)),
            f"{one.loaded_at:%Y-%m-%d %H:%M}",
        )
    stdout.print(table)
    for said in dict.fromkeys(late):
        stdout.print(f"Late: {said}.")


def _show_editions(published: Path) -> None:
    """Show the last editions of what was published, from the archive."""
    files = sorted(archive_folder(published).glob(PATTERN))
    if not files:
        return
    with duckdb.connect() as connection:
        editions = connection.execute(
            """
            select
                edition,
                release,
                any_value(published_at),
                bool_or(is_synthetic),
                count(*),
            from read_parquet($files)
            group by edition, release
            order by edition desc, release desc
            limit $limit
            """,
            {"files": [str(file) for file in files], "limit": NB_EDITIONS},
        ).fetchall()
    names = ("edition", "release", "published (UTC)")
    table = table_of(*names, right=["cells"], title=f"Last of {len(files)} editions")
    for edition, release, published_at, is_synthetic, nb_cells in editions:
        table.add_row(
            f"{edition:%Y-%m-%d}{' synthetic' if is_synthetic else ''}",
            str(release),
            f"{published_at:%Y-%m-%d %H:%M}",
            f"{nb_cells:,}",
        )
    stdout.print(table)


def days_until_late() -> dict[str, int]:
    """Return for each source the age in days from which its extract is late, as dbt declares it."""
    days = {}
    for path in Path().glob(SOURCES_FILES):
        for source in yaml.safe_load(path.read_text("utf-8")).get("sources", []):
            freshness = source.get("config", {}).get("freshness") or {}
            if limit := freshness.get("warn_after"):
                days[source["name"]] = dt.timedelta(**{f"{limit['period']}s": limit["count"]}).days
    return days


def _sizes(connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
    """Return the bytes that each load takes on disk, by the blocks that its columns are in."""
    tables = connection.execute(
        """
        select
            table_name,
            regexp_extract(table_name, '__(\\d+)(__lines)?$', 1)::integer as load_id,
        from duckdb_tables()
        where schema_name = 'landing' and regexp_matches(table_name, '__\\d+(__lines)?$')
        """
    ).fetchall()
    sizes: dict[int, int] = {}
    for name, load_id in tables:
        table = literal(f"landing.{quoted(name)}")
        [(nb_blocks,)] = connection.execute(
            "select count(distinct block_id) filter (where block_id >= 0) "  # noqa: S608
            f"from pragma_storage_info({table})"
        ).fetchall()
        sizes[load_id] = sizes.get(load_id, 0) + nb_blocks * BLOCK_BYTES
    return sizes


def _next_command(connection: duckdb.DuckDBPyConnection, published: Published) -> str:
    try:
        proof = prove(connection)
    except IaeError as reason:
        return f"dbt build. {reason}"
    if proof.invocation_ids == published.runs:
        return "nothing to do; what is loaded is built, tested and published."
    return "iae publish. What is built is green, and not published yet."
