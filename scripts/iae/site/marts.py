"""Read from the published file what the page shows, as plain values ready for JSON.

Series are lists aligned on one axis of months, so that the page stays small: a list of numbers
per territory instead of one object per row. A figure that a table does not give is ``None``.
"""

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from iae.datapackage import SCHEMA
from iae.french import typographic

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


@dataclass(frozen=True)
class Marts:
    """The published file, and the names of the tables in it that the page may read."""

    connection: duckdb.DuckDBPyConnection
    names: frozenset[str]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> "Marts":
        """Find the tables: an older file lacks some."""
        rows = connection.execute(
            "select table_name from information_schema.tables where table_schema = ?", [SCHEMA]
        ).fetchall()
        return cls(connection, frozenset(name for (name,) in rows))

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        """The relation of a table."""
        return self.connection.table(f"{SCHEMA}.{name}")

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.connection.execute(sql, parameters).fetchall()

    def dicts(self, keys: tuple[str, ...], sql: str) -> list[dict[str, Any]]:
        """Rows of a query by the page's names of its columns, `name` and `label` as in French."""
        rows = [dict(zip(keys, row, strict=True)) for row in self.rows(sql)]
        for row in rows:
            row |= {key: typographic(row[key]) for key in ("name", "label") if key in row}
        return rows

    def series(
        self, axis: Axis, sql: str, parameters: dict[str, Any] | None = None
    ) -> dict[str, Series]:
        """Turn rows of (territory, month, values…) into a list of values per column, territory."""
        cursor = self.connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description or []][2:]
        series: dict[str, Series] = {name: {} for name in names}
        for territory_id, month, *values in cursor.fetchall():
            for name, value in zip(names, values, strict=True):
                by_territory = series[name].setdefault(territory_id, [None] * len(axis))
                is_number = not isinstance(value, float) or math.isfinite(value)
                by_territory[axis[month]] = value if is_number else None
        return series

    def columns(self, name: str) -> list[tuple[str, str, str]]:
        """The columns of a table, in order: name, type, description."""
        return self.connection.execute(
            """
            select column_name, lower(data_type), coalesce(comment, '')
            from duckdb_columns()
            where schema_name = ? and table_name = ?
            order by column_index
            """,
            [SCHEMA, name],
        ).fetchall()


def read_extracts(marts: Marts) -> list[Extract]:
    """Current extracts by source; an edition covers the months that it holds."""
    rows = marts.rows(
        """
        with
            editions as (
                select edition, max(month) as last_month
                from open_data.published_stock
                group by edition
            )
        select source, extract_date, coalesce(last_covered_month, last_month), is_synthetic
        from open_data.extracts
        left join editions on source = $published and edition = extract_date
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
    return marts.dicts(
        ("id", "level", "code", "name", "region", "population", "isCovered"),
        """
        select
            territory_id, territory_level, territory_code, territory_name, region_id, population,
            is_covered or territory_level = 'unlocated' as is_covered
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
        """,
    )


def read_measures(
    marts: Marts, axis: Axis, synthetic_sources: set[str], break_month: date | None
) -> list[Measure]:
    """Every series that has figures: published, both scopes, each type; real or synthetic."""
    break_at = break_month and break_month.strftime("%Y-%m")
    sources = read_sources(marts)
    empty: list[Any] = [None] * len(axis)
    measures: list[Measure] = []

    def add(name: str, stock: Series, its_sources: set[str], **rest: Any) -> None:
        if any(value is not None for values in stock.values() for value in values):
            is_synthetic = bool(its_sources & synthetic_sources)
            measures.append({"id": name, "isSynthetic": is_synthetic, "stock": stock, **rest})

    published = marts.series(
        axis,
        """
        select territory_id, month, stock, is_provisional
        from open_data.published_stock where is_latest_edition
        """,
    )
    flags = published["is_provisional"].get("FR", empty)
    add("published", published["stock"], {PUBLISHED_SOURCE}, breakAt=break_at, provisional=flags)
    scopes = marts.series(
        axis,
        """
        select
            territory_id, month, official_stock, constant_stock,
            official_change is not null as is_official_comparable,
            constant_change is not null as is_constant_comparable,
            is_provisional, missing_components
        from open_data.composite_stock
        """,
    )
    for scope in ("official", "constant"):
        add(
            scope,
            scopes[f"{scope}_stock"],
            sources[scope],
            breakAt=break_at if scope == "official" else None,
            # Whether a change on a year is given: the same for all territories.
            comparable=scopes[f"is_{scope}_comparable"].get("FR", empty),
            provisional=scopes["is_provisional"].get("FR", empty),
            missing=scopes["missing_components"].get("FR", empty),
        )
    for one in read_types(marts):
        series = marts.series(
            axis,
            """
            select territory_id, month, stock, is_provisional
            from open_data.stock_by_structure_type where structure_type = $structure_type
            """,
            {"structure_type": one["id"]},
        )
        flags = series["is_provisional"].get("FR", empty)
        add(
            one["id"],
            series["stock"],
            sources[one["id"]],
            breakAt=None,
            label=one["label"],
            provisional=flags,
        )
    return measures


def read_types(marts: Marts) -> list[dict[str, Any]]:
    """The structure types, the one with most people first."""
    return marts.dicts(
        ("id", "label"),
        """
        select types.structure_type, label
        from open_data.structure_types as types
        left join open_data.stock_by_structure_type as stocks
            on types.structure_type = stocks.structure_type and territory_id = 'FR'
        group by all
        order by max(stock) desc nulls last, types.structure_type
        """,
    )


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
    sql = (
        "select territory_id, month, stock from open_data.published_stock where edition = $edition"
    )
    return [
        {
            "edition": edition.isoformat(),
            "stock": None if is_latest else marts.series(axis, sql, {"edition": edition})["stock"],
        }
        for edition, is_latest in marts.rows(
            "select distinct edition, is_latest_edition from open_data.published_stock "
            "order by edition"
        )
    ]


def read_country_by_edition(marts: Marts) -> dict[date, dict[date, int]]:
    """The stock of France by month, in each edition, oldest first."""
    editions: dict[date, dict[date, int]] = {}
    for edition, month, stock in marts.rows(
        """
        select edition, month, stock from open_data.published_stock
        where territory_id = 'FR' order by edition, month
        """
    ):
        editions.setdefault(edition, {})[month] = stock
    return editions


def read_revisions_by_age(marts: Marts) -> list[dict[str, Any]]:
    """How far departments moved in the next edition, for each of an edition's last six months.

    Rank 1 is the last month of the edition before; sizes are shares of what it said (1 = 100 %).
    """
    return marts.dicts(
        ("rank", "median", "decile", "n"),
        """
        with
            last_months as (
                select edition, max(month) as last_month
                from open_data.published_stock
                group by edition
            ),
            pairs as (
                select edition, lag(last_month) over (order by edition) as last_month_before
                from last_months
            )
        select
            date_diff('month', revisions.month, last_month_before) + 1 as rank_from_the_end,
            median(abs(revision_rate)) as median,
            quantile_cont(abs(revision_rate), 0.9) as ninth_decile,
            count(*) as nb_figures
        from open_data.published_revisions as revisions
        inner join pairs on revisions.edition = pairs.edition
        where
            territory_id like 'D%'
            and revision_rate is not null
            and rank_from_the_end between 1 and 6
        group by all
        order by rank_from_the_end
        """,
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
            ("year", "component", "people", "months"),
            "select year, component, nb_people, nb_months from open_data.people_by_year order by 1",
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
