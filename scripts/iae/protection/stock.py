"""The rounded stock of all months: what the dbt model `rounded_stock` holds."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from iae.protection.attack import Mask, attack
from iae.protection.rounding import Previous, draws, is_kept, rounded
from iae.protection.shape import Grid, Shape
from iae.secret import given_secret, kept_secret, make_secret

# How often a month is drawn when the public totals confine some of its cells.
ATTEMPTS = 20
# What tells of the last edition: the file that analysts read, where exact and rounded figures are
# side by side. It is replaced in one rename: what is in it was published, and nothing else was.
EXACT, ROUNDED = "marts.fct_stock_by_structure_type", "open_data.stock_by_structure_type"
COMPOSITE = "open_data.composite_stock"
SCOPE_COLUMNS = {"official": "official_stock", "constant": "constant_stock"}

# Where the key of the draws is looked for: variables, then a file beside the warehouse.
SALT_VARIABLES, SALT_FILE = ("IAE_ROUNDING_SALT", "IAE_SALT"), "rounding_salt"

Cells = Mapping[tuple[str, str], int]
Months = dict[date, dict[tuple[str, str], int]]
Known = dict[date, set[tuple[str, str]]]


@dataclass
class Stock:
    """People by month, territory and type; `known` are the (territory, scope) public exactly."""

    parents: dict[str, str | None]
    scopes: list[tuple[str, str, date]]
    exact: Months
    known: Known = field(default_factory=dict)

    def shape(self, month: date) -> Shape:
        """Return the shape of a month: its types, and the scopes whose types are all there."""
        types = tuple(sorted({name for _, name in self.exact[month]}))
        members: dict[str, list[str]] = defaultdict(list)
        for scope, name, first_month in self.scopes:
            if month >= first_month:
                members[scope].append(name)
        scopes = {
            scope: tuple(sorted(names))
            for scope, names in sorted(members.items())
            if set(names) <= set(types)
        }
        return Shape(self.parents, types, scopes)

    def grid(self, month: date, shape: Shape) -> Grid:
        """Return the exact grid of a month."""
        return grid_of(shape, self.exact[month])

    def known_mask(self, month: date, shape: Shape) -> Mask:
        """Return which cells the published series gives."""
        known = self.known.get(month, set())
        return np.array(
            [[(row, column) in known for column in shape.components] for row in shape.territories]
        )


def grid_of(shape: Shape, cells: Cells) -> Grid:
    """Return the grid of cells, sums added up; -1 everywhere when an inner cell is not there."""
    try:
        inner = [[cells[row, column] for column in shape.types] for row in shape.inner_territories]
    except KeyError:
        return np.full((len(shape.territories), len(shape.components)), -1, np.int64)
    return shape.summed(np.array(inner, np.int64).reshape(len(inner), len(shape.types)))


@dataclass(frozen=True)
class LastEdition:
    """The exact and the rounded cells of what was published last."""

    exact: Mapping[date, Cells]
    rounded: Mapping[date, Cells]

    def month(self, month: date, shape: Shape) -> Previous | None:
        """Return the grids of a month, None where the edition does not have it."""
        if month not in self.exact or month not in self.rounded:
            return None
        exact = grid_of(shape, self.exact[month])
        cells = self.rounded[month]
        grid = [
            [cells.get((row, column), -1) for column in shape.components]
            for row in shape.territories
        ]
        return Previous(exact, np.array(grid, np.int64))


def round_stock(
    stock: Stock, base: int, salt: str, last_edition: LastEdition | None = None
) -> dict[date, tuple[Shape, Grid]]:
    """Round every month; those that the last edition has, and that are unchanged, stay as they are.

    Territories where the published series confines a sensitive cell are drawn again, ATTEMPTS times
    at most. The last draw is kept when none is safe: the audit of the publication names the cells.
    """
    shapes: dict[tuple[Any, ...], Shape] = {}
    result = {}
    for month in sorted(stock.exact):
        found = stock.shape(month)
        shape = shapes.setdefault((found.types, tuple(found.scopes.items())), found)
        exact = stock.grid(month, shape)
        previous = last_edition.month(month, shape) if last_edition else None
        result[month] = (
            shape,
            _safely_rounded(
                shape, exact, base, f"{month:%Y-%m}", salt, previous, stock.known_mask(month, shape)
            ),
        )
    return result


def _safely_rounded(
    shape: Shape,
    exact: Grid,
    base: int,
    month: str,
    salt: str,
    previous: Previous | None,
    known: Mask,
) -> Grid:
    if base == 1:
        return exact
    if previous is not None and is_kept(shape, exact, previous, base):
        grid = previous.rounded
        if not attack(shape, exact, grid, base, known).narrow:
            return grid
    # A public total of 1 to base - 1 people, rounded up, would tell of a type that it has somebody.
    is_small = known & (exact < base)
    last = previous or Previous(np.full_like(exact, -1), np.full_like(exact, -1))
    held = Previous(np.where(is_small, exact, last.exact), np.where(is_small, 0, last.rounded))
    redraws: Counter[str] = Counter()
    for _ in range(ATTEMPTS):
        grid = rounded(shape, exact, base, draws(shape, month, salt, redraws), held)
        narrow = attack(shape, exact, grid, base, known).narrow
        if not narrow:
            break
        is_again = _regions_of(shape, [row for row, _ in narrow])
        redraws.update(np.array(shape.territories)[is_again].tolist())
        held.exact[is_again[:, None] & ~is_small] = -1
    return grid


def _regions_of(shape: Shape, rows: list[int]) -> npt.NDArray[np.bool_]:
    """Mark the regions of some territories with all that they add up, but not the country."""
    sums = shape.territory_sums
    is_root = np.array([shape.parents[name] is None for name in shape.territories])
    is_above = ((sums @ sums[rows].any(axis=0)) > 0) & ~is_root
    return np.asarray((sums @ sums[is_above].any(axis=0) > 0) & ~is_root)


def rounding_salt(warehouse: Path) -> str:
    """Return the key of the draws: IAE_ROUNDING_SALT, IAE_SALT, else a random one that is kept."""
    for variable in SALT_VARIABLES:
        if given := given_secret(variable):
            return given.text
    path = warehouse.parent / SALT_FILE
    return (kept_secret(path) or make_secret(path)).text


def read_last_edition(path: Path) -> LastEdition | None:
    """Read the published file; None where there is none, or none with protected figures."""
    if not path.exists():
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return LastEdition(_by_month(connection.table(EXACT)), read_rounded(connection))
    except duckdb.Error:
        return None


def read_rounded(connection: duckdb.DuckDBPyConnection) -> Months:
    """Return the rounded cells by month, types and scopes, from the open tables."""
    cells = _by_month(connection.table(ROUNDED))
    composite = connection.table(COMPOSITE)
    for scope, column in SCOPE_COLUMNS.items():
        rows = composite.filter(f"{column} is not null")
        for month, territory, people in rows.project(f"month, territory_id, {column}").fetchall():
            cells.setdefault(month, {})[territory, scope] = people
    return cells


def read_stock(
    stock: duckdb.DuckDBPyRelation,
    territories: duckdb.DuckDBPyRelation,
    scopes: duckdb.DuckDBPyRelation,
    composite: duckdb.DuckDBPyRelation,
    published: duckdb.DuckDBPyRelation,
    extracts: duckdb.DuckDBPyRelation,
) -> Stock:
    """Read the exact stock, and which of its totals the published series gives as they are."""
    parents = {
        name: {"departmental": region, "national": None}.get(level, "FR")
        for name, level, region in territories.filter("is_covered")
        .project("territory_id, territory_level, region_id")
        .fetchall()
    }
    return Stock(
        parents,
        sorted(scopes.project("scope, structure_type, first_month").fetchall()),
        _by_month(stock),
        _known(composite, published, extracts),
    )


def _known(
    composite: duckdb.DuckDBPyRelation,
    published: duckdb.DuckDBPyRelation,
    extracts: duckdb.DuckDBPyRelation,
) -> Known:
    """Return the totals (territory, scope) that an edition of the published series gives.

    A total that differs from ours tells nothing of ours. The published country has Mayotte in it.
    A comparison of synthetic figures with real ones says nothing.
    """
    marks: dict[bool, set[bool]] = {True: set(), False: set()}
    for source, is_synthetic in extracts.project("source, is_synthetic").fetchall():
        if source != "geiq":
            marks[source == "barometre"].add(bool(is_synthetic))
    if marks[True] != marks[False] or len(marks[True]) != 1:
        return {}
    given = published.project("edition, month, territory_id, stock").fetchall()
    mayotte = {(edition, month): people for edition, month, name, people in given if name == "D976"}
    figures = {
        (month, name, people - (mayotte.get((edition, month), 0) if name == "FR" else 0))
        for edition, month, name, people in given
    }
    known: Known = defaultdict(set)
    for scope, column in SCOPE_COLUMNS.items():
        for month, name, people in composite.project(f"month, territory_id, {column}").fetchall():
            if (month, name, people) in figures:
                known[month].add((name, scope))
    return dict(known)


def _by_month(stock: duckdb.DuckDBPyRelation) -> Months:
    cells: Months = {}
    rows = stock.project("month, territory_id, structure_type, stock").fetchall()
    for month, territory, name, people in rows:
        cells.setdefault(month, {})[territory, name] = people
    return cells


def as_columns(months: Mapping[date, tuple[Shape, Grid]]) -> dict[str, npt.NDArray[Any]]:
    """Return the cells of all months as columns: month, territory_id, component, stock."""
    columns: dict[str, list[Any]] = {
        name: [] for name in ("month", "territory_id", "component", "stock")
    }
    for month, (shape, grid) in months.items():
        size = len(shape.components)
        columns["month"] += [f"{month:%Y-%m-%d}"] * grid.size
        columns["territory_id"] += [name for name in shape.territories for _ in range(size)]
        columns["component"] += shape.components * len(shape.territories)
        columns["stock"] += grid.reshape(-1).tolist()
    return {
        name: np.array(values, np.int64 if name == "stock" else object)
        for name, values in columns.items()
    }
