"""What `iae publish` and `iae summary` show of the published marts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.box import SIMPLE_HEAD
from rich.table import Table

from iae.console import stdout
from iae.errors import IaeError
from iae.publishing.swap import Publication


def show_publication(publication: Publication) -> None:
    """Show the marts that were published, where, and what the tests of the build warn of."""
    if not publication.is_new:
        stdout.print(f"{publication.path}: holds the last build already.")
    else:
        table = Table("mart", box=SIMPLE_HEAD)
        table.add_column("rows", justify="right")
        for name, rows in publication.rows.items():
            table.add_row(name, f"{rows:,}")
        stdout.print(table)
        stdout.print(f"Published in {publication.path}.")
    for warning in publication.warnings:
        stdout.print(f"Warning: {warning}")


def show_summary(path: Path, nb_months: int) -> None:
    """Show the last months of the published stock: France, by structure type, and both composites.

    Raise IaeError when nothing is published yet.
    """
    if not path.exists():
        raise IaeError(f"{path}: nothing is published yet; run iae publish.")
    with duckdb.connect(str(path), read_only=True) as connection:
        months = _rows(
            connection,
            """
            select month, official_stock, constant_stock, is_provisional,
            from marts.fct_composite_stock
            where territory_id = 'FR'
            order by month desc
            limit $limit
            """,
            {"limit": nb_months},
        )
        stocks = {
            (month, structure_type): stock
            for month, structure_type, stock in _rows(
                connection,
                """
                select month, structure_type, stock,
                from marts.fct_stock_by_structure_type
                where territory_id = 'FR'
                """,
            )
        }
        types = _rows(
            connection,
            """
            select structure_type
            from marts.dim_structure_types
            order by first_month, structure_type
            """,
        )
        extracts = _rows(
            connection,
            """
            select source, max(extract_date), bool_or(is_synthetic)
            from marts.audit_extracts
            group by source
            order by source
            """,
        )
        published = _rows(
            connection,
            """
            select month, stock
            from marts.fct_published_stock
            where is_latest_edition and territory_id = 'FR'
            order by month desc
            limit $limit
            """,
            {"limit": nb_months},
        )
    synthetic = any(is_synthetic for _, _, is_synthetic in extracts)
    title = "People in insertion, France" + (" (SYNTHETIC data)" if synthetic else "")
    caption = "p: provisional. official, constant: the composite, by scope."
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=title, caption=caption)
    table.add_column("month", no_wrap=True)
    for name in [*(name for (name,) in types), "official", "constant"]:
        table.add_column(name, justify="right")
    for month, official, constant, is_provisional in reversed(months):
        cells = [stocks.get((month, name)) for (name,) in types] + [official, constant]
        table.add_row(
            f"{month:%Y-%m}{' p' if is_provisional else ''}",
            *("-" if cell is None else f"{cell:,}" for cell in cells),
        )
    if months:
        stdout.print(table)
    elif published:
        series = Table("month", box=SIMPLE_HEAD, title="France, as published")
        series.add_column("stock", justify="right")
        for month, stock in reversed(published):
            series.add_row(f"{month:%Y-%m}", f"{stock:,}")
        stdout.print(series)
    loaded = ", ".join(f"{source} {date:%Y-%m-%d}" for source, date, _ in extracts)
    stdout.print(f"Extracts: {loaded or 'none'}")


def _rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None
) -> Sequence[tuple[Any, ...]]:
    try:
        return connection.execute(sql, parameters or {}).fetchall()
    except duckdb.CatalogException:
        return []  # a mart that this edition does not have
