"""What `iae summary` shows: the real figures first, the synthetic ones apart."""

from pathlib import Path

import duckdb
from rich.box import SIMPLE_HEAD
from rich.table import Table

from iae.console import stdout, table_of
from iae.faults import read_published
from iae.public_note import NOTE, Claims, recompute_claims
from iae.sql import rows_if_there
from iae.territories import Territory

SYNTHETIC = "SYNTHETIC, made up to try the project"
FRANCE = Territory("FR", "national", "France")


def show_summary(path: Path, nb_months: int, territory: Territory = FRANCE) -> None:
    """Show a territory by month: as published and what the note claims, then as recomputed."""
    with read_published(path) as connection:
        extracts = rows_if_there(
            connection,
            """
            select source, max(extract_date), bool_or(is_synthetic)
            from marts.audit_extracts
            group by source
            order by source
            """,
        )
        synthetic = {source for source, _, is_synthetic in extracts if is_synthetic}
        shown = [
            ("barometre" in synthetic, _show_published),
            (bool(synthetic - {"barometre"}), _show_recomputed),
        ]
        # Stable: among figures of the same kind, the published series comes first.
        for is_synthetic, show in sorted(shown, key=lambda part: part[0]):
            show(connection, territory, nb_months, SYNTHETIC if is_synthetic else "real")
    loaded = ", ".join(f"{source} {day:%Y-%m-%d}" for source, day, _ in extracts)
    stdout.print(f"Extracts: {loaded or 'none'}")


def _show_published(
    connection: duckdb.DuckDBPyConnection, territory: Territory, nb_months: int, kind: str
) -> None:
    rows = rows_if_there(
        connection,
        """
        select edition, month, stock
        from marts.fct_published_stock
        where is_latest_edition and territory_id = $territory_id
        order by month
        """,
        {"territory_id": territory.territory_id},
    )
    if not rows:
        return
    [edition, *_] = rows[-1]
    stock = {month: value for _, month, value in rows}
    title = f"{territory.name}, as published on {edition:%Y-%m-%d} ({kind})"
    table = table_of("month", right=["people"], box=SIMPLE_HEAD, title=title, min_width=44)
    for month, value in list(stock.items())[-nb_months:]:
        table.add_row(f"{month:%Y-%m}", f"{value:,}")
    stdout.print(table)
    if territory == FRANCE:
        _show_claims(recompute_claims(stock))
    figures = [(value, month) for month, value in stock.items()]
    (low, low_month), (high, high_month) = min(figures), max(figures)
    stdout.print(
        f"{len(stock)} months. Lowest: {low:,} in {low_month:%Y-%m}. "
        f"Highest: {high:,} in {high_month:%Y-%m}.\n"
    )


def _show_claims(claims: Claims) -> None:
    title = "What the public note claims, recomputed"
    table = table_of("claim", right=["note", "this edition"], box=SIMPLE_HEAD, title=title)
    for claim, note, value, unit in (
        ("February to April 2020", NOTE.spring_2020_percent, claims.spring_2020_percent, " %"),
        ("January to September 2021, on 2020", NOTE.gain, claims.gain, ""),
        ("the same, in per cent", NOTE.gain_percent, claims.gain_percent, " %"),
        ("the same, on 2019", NOTE.gain_on_2019_percent, claims.gain_on_2019_percent, " %"),
    ):
        digits = 1 if unit else 0
        recomputed = "-" if value is None else f"{value:+,.{digits}f}{unit}"
        table.add_row(claim, f"{note:+,.0f}{unit}", recomputed)
    stdout.print(table)


def _show_recomputed(
    connection: duckdb.DuckDBPyConnection, territory: Territory, nb_months: int, kind: str
) -> None:
    rows = rows_if_there(
        connection,
        """
        select
            month,
            composite.is_provisional,
            list(structure_type order by first_month, structure_type),
            list(stock order by first_month, structure_type),
            official_stock,
            constant_stock,
        from marts.fct_composite_stock as composite
        cross join marts.dim_structure_types
        left join marts.fct_stock_by_structure_type using (month, territory_id, structure_type)
        where territory_id = $territory_id
        group by all
        order by month desc
        limit $limit
        """,
        {"territory_id": territory.territory_id, "limit": nb_months},
    )
    if not rows:
        return
    table = Table(
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title=f"{territory.name}, recomputed from the extracts ({kind})",
        caption="p: provisional. official, constant: the composite, by scope.",
    )
    table.add_column("month", no_wrap=True)
    for name in [*rows[0][2], "official", "constant"]:
        table.add_column(name, justify="right")
    for month, is_provisional, _, stocks, *composite in reversed(rows):
        table.add_row(
            f"{month:%Y-%m}{' p' if is_provisional else ''}",
            *("-" if cell is None else f"{cell:,}" for cell in [*stocks, *composite]),
        )
    stdout.print(table)
