"""Read from the published file what the page shows, as plain values ready for JSON.

Series are lists aligned on one axis of months, so that the page stays small: a list of numbers
per territory instead of one object per row. A figure that a table does not give is ``None``.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from iae.datapackage import SCHEMA
from iae.french import typographic
from iae.sql import literal

Series = dict[str, list[Any]]
Axis = dict[date, int]
Measure = dict[str, Any]

PUBLISHED_SOURCE = "barometre"


@dataclass(frozen=True)
class Extract:
    """A current extract, as the table of extracts lists it."""

    source: str
    extract_date: date | None
    last_covered_month: date | None
    is_synthetic: bool


class Marts:
    """The published file, and the names of the open tables in it: an older file lacks some."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        tables = "select table_name from duckdb_tables() where schema_name = $schema"
        self.names = {name for (name,) in self.rows(tables, {"schema": SCHEMA})}

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        """The relation of a table."""
        return self.connection.table(f"{SCHEMA}.{name}")

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.connection.execute(sql, parameters).fetchall()

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query by the names of its columns."""
        cursor = self.connection.execute(sql)
        keys = [column[0] for column in cursor.description or []]
        return [dict(zip(keys, row, strict=True)) for row in cursor.fetchall()]

    def series(self, axis: Axis, sql: str) -> dict[str, Series]:
        """Turn rows of (territory, month, values…) into a list of values per column, territory."""
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description or []][2:]
        series: dict[str, Series] = {name: {} for name in names}
        for territory_id, month, *values in cursor.fetchall():
            for name, value in zip(names, values, strict=True):
                series[name].setdefault(territory_id, [None] * len(axis))[axis[month]] = value
        return series


def read_extracts(marts: Marts) -> list[Extract]:
    """Current extracts by source; an edition covers the months that it holds."""
    rows = marts.rows(
        """
        select
            source, extract_date,
            coalesce(last_covered_month, (
                select max(month) from open_data.published_stock
                where source = $published and edition = extract_date
            )),
            is_synthetic
        from open_data.extracts
        order by source, extract_date
        """,
        {"published": PUBLISHED_SOURCE},
    )
    return [Extract(*row) for row in rows]


def read_months(marts: Marts) -> list[date]:
    """All months that a series has, in order."""
    return [
        month
        for (month,) in marts.rows(
            """
            select month from open_data.composite_stock
            union
            select month from open_data.stock_by_structure_type
            union
            select month from open_data.published_stock
            order by month
            """
        )
    ]


def read_territories(marts: Marts) -> list[dict[str, Any]]:
    """Territories that a series may have, by code; outside coverage, the published ones."""
    territories = marts.dicts(
        """
        select
            territory_id as id, territory_level as level, territory_code as code,
            territory_name as name, region_id as region, population,
            is_covered or territory_level = 'unlocated' as "isCovered"
        from open_data.territories
        where
            is_covered
            or territory_level = 'unlocated'
            or territory_id in (select territory_id from open_data.published_stock)
        order by
            array_position(
                ['national', 'regional', 'departmental', 'unlocated'], territory_level
            ),
            territory_code
        """
    )
    return [one | {"name": typographic(one["name"])} for one in territories]


def read_measures(
    marts: Marts, axis: Axis, synthetic_sources: set[str], break_month: date | None
) -> list[Measure]:
    """Every series that has figures: published, both scopes, each type; real or synthetic.

    Beside its stock, whether a month is provisional; of a scope also whether its change on a year
    is given, and what is missing: the same for all territories.
    """
    sources = read_sources(marts) | {"published": {PUBLISHED_SOURCE}}
    labels = read_types(marts)
    series = {
        "published": """
            select territory_id, month, stock, is_provisional as provisional
            from open_data.published_stock where is_latest_edition
        """
    }
    for scope in ("official", "constant"):
        series[scope] = f"""
            select
                territory_id, month, {scope}_stock as stock,
                {scope}_change is not null as comparable,
                is_provisional as provisional, missing_components as missing
            from open_data.composite_stock
        """  # noqa: S608
    for name in labels:
        series[name] = f"""
            select territory_id, month, stock, is_provisional as provisional
            from open_data.stock_by_structure_type where structure_type = {literal(name)}
        """  # noqa: S608
    measures: list[Measure] = []
    for name, sql in series.items():
        values = marts.series(axis, sql)
        stock = values.pop("stock")
        if any(value is not None for figures in stock.values() for value in figures):
            has_break = break_month and name in ("published", "official")
            measure = {
                "id": name,
                "isSynthetic": bool(sources[name] & synthetic_sources),
                "stock": stock,
                "breakAt": f"{break_month:%Y-%m}" if has_break else None,
                **{key: flags.get("FR", [None] * len(axis)) for key, flags in values.items()},
            }
            measures.append(measure | ({"label": labels[name]} if name in labels else {}))
    return measures


def read_types(marts: Marts) -> dict[str, str]:
    """The labels of the structure types, the one with most people first."""
    rows = marts.rows(
        """
        select types.structure_type, label
        from open_data.structure_types as types
        left join open_data.stock_by_structure_type as stocks
            on types.structure_type = stocks.structure_type and territory_id = 'FR'
        group by all
        order by max(stock) desc nulls last, types.structure_type
        """
    )
    return {name: typographic(label) for name, label in rows}


def read_sources(marts: Marts) -> dict[str, set[str]]:
    """The sources that each type and each scope is counted from."""
    rows = marts.rows(
        """
        select structure_type, list(source) from open_data.structure_type_sources group by all
        union all
        select scope, list(source)
        from open_data.composite_scopes
        inner join open_data.structure_type_sources using (structure_type)
        group by all
        """
    )
    return {name: set(sources) for name, sources in rows}


def read_editions(marts: Marts, axis: Axis) -> list[dict[str, Any]]:
    """The published series, edition by edition, oldest first; the last one is the measure."""
    sql = "select territory_id, month, stock from open_data.published_stock where edition = "
    return [
        {
            "edition": edition,
            "stock": None if is_latest else marts.series(axis, sql + literal(edition))["stock"],
        }
        for edition, is_latest in marts.rows(
            "select distinct edition::varchar, is_latest_edition from open_data.published_stock "
            "order by 1"
        )
    ]


def read_revisions_by_age(marts: Marts) -> list[dict[str, Any]]:
    """How far departments moved in the next edition, for each of an edition's last six months.

    Rank 1 is the last month of the edition before; sizes are shares of what it said (1 = 100 %).
    """
    return marts.dicts(
        """
        with
            revisions as (
                select
                    territory_id, revision_rate,
                    date_diff('month', month, max(month) over (partition by edition)) + 1 as rank
                from open_data.published_revisions
            )
        select
            rank,
            median(abs(revision_rate)) as median,
            quantile_cont(abs(revision_rate), 0.9) as decile
        from revisions
        where territory_id like 'D%' and revision_rate is not null and rank <= 6
        group by rank
        order by rank
        """
    )


def read_comparable(marts: Marts, axis: Axis) -> Series:
    """The published series with the coverage of the recomputed one, where both have the month."""
    sql = "select territory_id, month, published_stock from open_data.reconciliation"
    return marts.series(axis, sql)["published_stock"]


def read_country(marts: Marts, axis: Axis) -> dict[str, Any]:
    """What is known of the country beside the stock, by type; empty where a table is not there."""
    figures: dict[str, Any] = {}
    for table, columns in (
        ("flows_by_structure_type", ("entries", "exits", "returns")),
        ("structures_by_structure_type", ("nb_structures",)),
        ("declarations", ("nb_expected", "nb_declared")),
    ):
        if table in marts.names:
            sql = f"select structure_type, month, {', '.join(columns)} from {SCHEMA}.{table}"  # noqa: S608
            figures |= marts.series(axis, sql)
    people = []
    if "people_by_year" in marts.names:
        people = marts.dicts(
            "select year, component, nb_people as people, nb_months as months "
            "from open_data.people_by_year order by year, component"
        )
    return figures | {"people": people}


def read_what_was_said(
    marts: Marts, axis: Axis, edition: Path
) -> dict[str, dict[str, dict[int, int | None]]]:
    """The figures of an earlier release that are not today's, by series, territory and month."""
    before, now = (
        f"""
        select month, territory_id, structure_type as measure, stock
        from {types}
        union all
        (
            unpivot (
                select
                    month,
                    territory_id,
                    official_stock as official,
                    constant_stock as constant
                from {scopes}
            )
            on official, constant into name measure value stock
        )
        """  # noqa: S608
        for types, scopes in (
            ("read_parquet($types)", "read_parquet($scopes)"),
            ("open_data.stock_by_structure_type", "open_data.composite_stock"),
        )
    )
    said: dict[str, dict[str, dict[int, int | None]]] = {}
    for measure, territory_id, month, stock in marts.rows(
        f"""
        select measure, territory_id, month, before.stock
        from ({now}) as now
        left join ({before}) as before using (measure, territory_id, month)
        where before.stock is distinct from now.stock
        """,  # noqa: S608
        {
            "types": str(edition / "stock_by_structure_type.parquet"),
            "scopes": str(edition / "composite_stock.parquet"),
        },
    ):
        said.setdefault(measure, {}).setdefault(territory_id, {})[axis[month]] = stock
    return said
