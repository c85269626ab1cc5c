"""How a figure came about, told from the working warehouse, down to persons and structures."""

from dataclasses import dataclass
from datetime import date

import duckdb
import yaml  # type: ignore[import-untyped]

from iae.explain.cell import Cell, find_cell
from iae.explain.rows import Rows, RowsInNoCell, count_people, count_rows
from iae.explain.structures import Structure, list_structures
from iae.territories import PROJECT


@dataclass
class Figure:
    """A stock and what goes with it; the stock is None where nothing, or not all, is covered."""

    month: date
    stock: int | None
    is_provisional: bool | None
    entries: int | None
    exits: int | None
    returns: int | None
    nb_expected: int | None
    nb_declared: int | None


@dataclass
class Said:
    """What an edition said of the cell: one of ours, by its date and release, or a publication."""

    edition: str
    stock: int


@dataclass
class Explanation:
    """All that is told of a cell. Nothing in it tells of one person."""

    cell: Cell
    figure: Figure
    month_before: Figure
    year_before: Figure
    rows: list[Rows]
    nb_people: int
    in_no_cell: RowsInNoCell
    structures: list[Structure]
    editions: list[Said]
    published: list[Said]


def explain(
    connection: duckdb.DuckDBPyConnection, name: str, territory: str, month: str
) -> Explanation:
    """Explain a cell of the working warehouse.

    `name` is a structure type, `official` or `constant`; `territory` a code, an id or a label;
    `month` YYYY-MM. Raise IaeError for a word that names nothing and where there is no figure.
    """
    cell = find_cell(connection, name, territory, month)
    now, month_before, year_before = _figures(connection, cell)
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    rows, in_no_cell = count_rows(connection, cell, settings["vars"]["iti_presence_months"])
    return Explanation(
        cell=cell,
        figure=now,
        month_before=month_before,
        year_before=year_before,
        rows=rows,
        nb_people=count_people(connection, cell),
        in_no_cell=in_no_cell,
        structures=list_structures(connection, cell),
        editions=_editions(connection, cell),
        published=_published(connection, cell),
    )


def _figures(connection: duckdb.DuckDBPyConnection, cell: Cell) -> list[Figure]:
    """Return the month, the one before it and that of the year before.

    The flows of a scope are those of the types of the month asked, and NULL where one is.
    """
    stocks = (
        f"select month, territory_id, {cell.name}_stock as stock, is_provisional"  # noqa: S608
        " from marts.fct_composite_stock"
        if cell.is_scope
        else "select month, territory_id, stock, is_provisional"
        " from marts.fct_stock_by_structure_type where list_contains($types, structure_type)"
    )
    rows = cell.rows(
        connection,
        f"""
        with months as (
            select cast($month - to_months(age) as date) as month, age
            from (values (0), (1), (12)) as ages (age)
        ),
        stocks as (
            select month, stock, is_provisional from ({stocks}) where territory_id = $territory
        ),
        flows as (
            select
                month,
                if(count(entries) = len($types), sum(entries), null) as entries,
                if(count(exits) = len($types), sum(exits), null) as exits,
                if(count(returns) = len($types), sum(returns), null) as returns,
            from marts.fct_flows_by_structure_type
            where territory_id = $territory and list_contains($types, structure_type)
            group by month
        ),
        declarations as (
            select month, sum(nb_expected) as nb_expected, sum(nb_declared) as nb_declared
            from marts.fct_declarations
            where territory_id = $territory and list_contains($types, structure_type)
            group by month
        )
        select month, stock, is_provisional, entries, exits, returns, nb_expected, nb_declared
        from months
        left join stocks using (month)
        left join flows using (month)
        left join declarations using (month)
        order by age
        """,  # noqa: S608
    )
    return [Figure(*row) for row in rows]


def _said(connection: duckdb.DuckDBPyConnection, sql: str, cell: Cell) -> list[Said]:
    """Return editions and their stock; none where the warehouse has no such table."""
    try:
        return [Said(*row) for row in cell.rows(connection, sql)]
    except duckdb.CatalogException:
        return []


def _editions(connection: duckdb.DuckDBPyConnection, cell: Cell) -> list[Said]:
    """Return what our editions said: each has the cells of departments, which are added up."""
    return _said(
        connection,
        """
        select
            edition || if(release > 1, ', release ' || release, ''),
            cast(sum(stock) as bigint),
        from intermediate.int_edition_cells
        where
            month = $month
            and list_contains($types, structure_type)
            and list_contains($departments, ltrim(territory_id, 'D'))
        group by edition, release
        having count(distinct structure_type) = len($types)
        order by edition, release
        """,
        cell,
    )


def _published(connection: duckdb.DuckDBPyConnection, cell: Cell) -> list[Said]:
    """Return what the administration published, where it is comparable: real, of one scope."""
    if cell.name == "constant":
        return _said(
            connection,
            """
            select 'latest edition of the published series', cast(published_stock as bigint)
            from marts.fct_reconciliation
            where
                month = $month
                and territory_id = $territory
                and published_stock is not null
                and constant_stock is not null
            """,
            cell,
        )
    if cell.is_scope or cell.territory.territory_id != "FR":
        return []
    return _said(
        connection,
        """
        select publication, cast(published_stock as bigint)
        from marts.fct_reconciliation_by_type
        where month = $month and list_contains($types, structure_type)
        """,
        cell,
    )
