"""The audit of the open tables: nothing is published that would tell of one to four people.

It reads what is about to be published, exact and rounded, as an attacker would read the rounded
side and everything that was public before (docs/protection.md).
"""

from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from iae.datapackage import SCHEMA, read_rounding_base
from iae.errors import IaeError
from iae.protection import country
from iae.protection.attack import attack
from iae.protection.shape import Grid, Shape
from iae.protection.stock import (
    EXACT,
    SCOPE_COLUMNS,
    Cells,
    LastEdition,
    Stock,
    read_last_edition,
    read_rounded,
    read_stock,
)

# What is public already, as it is, or says nothing of people.
PUBLIC = {
    "published_stock": "fct_published_stock",
    "published_revisions": "fct_published_revisions",
    "structure_types": "dim_structure_types",
    "territories": "dim_territories",
}
AUDITED = {
    "composite_scopes",
    "composite_stock",
    "editions",
    "extracts",
    "metadata",
    "protection",
    "reconciliation",
    "stock_by_structure_type",
    "structure_type_sources",
    *country.WRONG,
}
# Where the published file says what the audit saw.
RECORD = "marts.audit_protection"
# Cells that a refusal names; the others are counted.
NB_NAMED = 5


class ProtectionError(IaeError):
    """The open tables are not safe, or not what they should be: nothing is published."""


@dataclass(frozen=True)
class Loss:
    """What the rounding loses at a level of territory, for a type or scope, in persons."""

    territory_level: str
    component: str
    mean_deviation: float
    mean_absolute_deviation: float
    largest_deviation: int


@dataclass
class Protection:
    """What the audit saw.

    `nb_sensitive` cells have one person at least and fewer than the base; `nb_solved` of them
    needed the solver. `nb_known` totals are public exactly. Of the `nb_unchanged` cells that
    are as in the last edition, `nb_moved` are rounded otherwise; `nb_betrayed` of these are
    sensitive, and confined for who guesses that they have not changed.
    """

    base: int
    nb_cells: int = 0
    nb_sensitive: int = 0
    nb_solved: int = 0
    nb_known: int = 0
    nb_beyond_base: int = 0
    nb_unchanged: int = 0
    nb_moved: int = 0
    nb_betrayed: int = 0
    loss: list[Loss] = field(default_factory=list)


COUNTS = [one.name for one in fields(Protection) if one.name != "loss"]


def audit_open_data(connection: duckdb.DuckDBPyConnection, published: Path) -> Protection | None:
    """Audit the open tables before they are published; None where the warehouse has none.

    `published` is the file of the last edition. Raise ProtectionError when a table is not audited,
    a figure is not what it should be, or a cell, which is named, could be told.
    """
    names = {
        name
        for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = ?", [SCHEMA]
        ).fetchall()
    }
    if not names:
        return None
    if unknown := sorted(names - AUDITED - set(PUBLIC)):
        raise ProtectionError(f"{SCHEMA}.{unknown[0]} is not audited: nothing is published.")
    base = read_rounding_base(connection)
    _check_what_is_derived(connection)
    _check_what_is_public(connection, names)
    if "editions" in names:
        _check_editions(connection, base)
    if telling := country.tables_that_tell(connection, names, base):
        raise ProtectionError(
            f"{SCHEMA}.{telling[0]} is not what may be told of the country: nothing is published; "
            "run dbt build."
        )
    stock = read_stock(
        stock=connection.table(EXACT),
        territories=connection.table("marts.dim_territories"),
        scopes=connection.table("reference.composite_scopes"),
        composite=connection.table("marts.fct_composite_stock"),
        published=connection.table("marts.fct_published_stock"),
        extracts=connection.table("marts.audit_extracts"),
    )
    opened = read_rounded(connection)
    seen = Protection(base, loss=_read_loss(connection))
    last_edition = read_last_edition(published)
    narrow: list[str] = []
    for month in sorted(stock.exact):
        narrow += _audit_month(stock, month, opened.get(month, {}), last_edition, seen)
    if narrow and base > 1:
        more = len(narrow) - NB_NAMED
        raise ProtectionError(
            "These cells could be told within less than "
            f"{base - 1} of their value: {', '.join(narrow[:NB_NAMED])}"
            f"{f' and {more} more' if more > 0 else ''}; nothing is published."
        )
    return seen


def record(path: Path, protection: Protection) -> None:
    """Write in a published file what its audit saw, for the release to tell."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create table {RECORD} as select "
            + ", ".join(f"${name} as {name}" for name in COUNTS),
            {name: getattr(protection, name) for name in COUNTS},
        )
        connection.execute(
            f"comment on table {RECORD} is 'Une ligne : ce que le contrôle de la protection a vu."
            "\n\nWhat the audit of the open tables saw before they were published.'"
        )


def read_record(connection: duckdb.DuckDBPyConnection) -> Protection | None:
    """Return what the audit saw of a published file; None where there was none."""
    try:
        counts = connection.table(RECORD).project(", ".join(COUNTS)).fetchall()[0]
        return Protection(**dict(zip(COUNTS, counts, strict=True)), loss=_read_loss(connection))
    except duckdb.CatalogException:
        return None


def _read_loss(connection: duckdb.DuckDBPyConnection) -> list[Loss]:
    rows = connection.execute(
        """
        select
            territory_level, component, mean_deviation, mean_absolute_deviation, largest_deviation
        from marts.audit_rounding
        order by
            list_position(['national', 'regional', 'departmental', 'unlocated'], territory_level),
            component
        """
    ).fetchall()
    return [Loss(*row) for row in rows]


def _audit_month(
    stock: Stock, month: date, cells: Cells, last_edition: LastEdition | None, seen: Protection
) -> list[str]:
    """Add the counts of a month to what was seen; return the cells that could be told."""
    base = seen.base
    shape = stock.shape(month)
    exact = stock.grid(month, shape)
    grid = _open_grid(shape, cells, month)
    inner = abs(shape.inner(grid) - shape.inner(exact))
    if (grid % base).any() or (inner >= base).any() or not shape.is_additive(grid):
        raise ProtectionError(
            f"The open figures of {month:%Y-%m} are not the exact ones rounded to {base} with "
            "their sums: nothing is published; run dbt build."
        )
    known = stock.known_mask(month, shape)
    found = attack(shape, exact, grid, base, known)
    seen.nb_cells += exact.size
    seen.nb_sensitive += found.nb_sensitive
    seen.nb_solved += found.nb_solved
    seen.nb_known += int(known.sum())
    seen.nb_beyond_base += int((abs(grid - exact) >= base).sum()) if base > 1 else 0
    previous = last_edition.month(month, shape) if last_edition else None
    if previous is not None:
        unchanged = (previous.exact == exact) & (previous.rounded >= 0)
        moved = unchanged & (previous.rounded != grid)
        seen.nb_unchanged += int(unchanged.sum())
        seen.nb_moved += int(moved.sum())
        seen.nb_betrayed += int((moved & (exact > 0) & (exact < base)).sum())
    return [
        f"{month:%Y-%m} {shape.territories[row]} {shape.components[column]}"
        for row, column in found.narrow
    ]


def _open_grid(shape: Shape, cells: Cells, month: date) -> Grid:
    wanted = {(row, column) for row in shape.territories for column in shape.components}
    if wanted != set(cells):
        raise ProtectionError(
            f"The open figures of {month:%Y-%m} lack cells or have others than the exact ones: "
            "nothing is published; run dbt build."
        )
    return np.array(
        [[cells[row, column] for column in shape.components] for row in shape.territories], np.int64
    )


def _check_what_is_derived(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a change, rate or difference that does not follow from the rounded figures."""
    wrong_changes = " or ".join(
        f"""
            now.{scope}_change is not null
            and (
                now.{scope}_change != now.{column} - before.{column}
                or now.{scope}_change_percent is distinct from
                100 * now.{scope}_change / nullif(before.{column}, 0)
            ) is not false
        """
        for scope, column in SCOPE_COLUMNS.items()
    )
    ((nb_wrong,),) = connection.execute(
        f"""
        with changes as (
            select 1
            from open_data.composite_stock as now
            left join open_data.composite_stock as before
                on
                    now.month = before.month + interval 12 month
                    and now.territory_id = before.territory_id
            where {wrong_changes}
        ),

        differences as (
            select 1
            from open_data.reconciliation as reconciliation
            left join open_data.composite_stock as composite using (month, territory_id)
            where (
                reconciliation.constant_stock != composite.constant_stock
                or difference != composite.constant_stock - published_stock
                or difference_rate is distinct from difference / nullif(published_stock, 0)
            ) is not false
        )

        select (select count(*) from changes) + (select count(*) from differences)
        """  # noqa: S608
    ).fetchall()
    if nb_wrong:
        raise ProtectionError(
            f"{nb_wrong} open changes or differences are not those of the rounded figures: "
            "nothing is published; run dbt build."
        )


def _check_editions(connection: duckdb.DuckDBPyConnection, base: int) -> None:
    """Refuse exact counts of what was revised."""
    ((nb_exact,),) = connection.execute(
        "select count(*) from open_data.editions "
        "where nb_revised_cells % $base != 0 or largest_revision % $base != 0",
        {"base": base},
    ).fetchall()
    if nb_exact:
        raise ProtectionError(
            "open_data.editions holds exact figures: nothing is published; run dbt build."
        )


def _check_what_is_public(connection: duckdb.DuckDBPyConnection, names: set[str]) -> None:
    """Refuse a table that should be as it was published and is not."""
    for name in sorted(names & set(PUBLIC)):
        opened = connection.table(f"{SCHEMA}.{name}")
        public = connection.table(f"marts.{PUBLIC[name]}").project(", ".join(opened.columns))
        ((nb_other,),) = opened.except_(public).count("*").fetchall()
        if nb_other:
            raise ProtectionError(
                f"{SCHEMA}.{name} is not what was public already: nothing is published; "
                "run dbt build."
            )
