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

from iae.site.french import typographic

Series = dict[str, list[Any]]

# Where the page reads: the protected tables of this schema, and nothing else.
SCHEMA = "open_data"
TABLES = (
    "published_stock",
    "published_revisions",
    "composite_stock",
    "stock_by_structure_type",
    "flows_by_structure_type",
    "people_by_year",
    "structures_by_structure_type",
    "declarations",
    "reconciliation",
    "territories",
    "structure_types",
    "structure_type_sources",
    "composite_scopes",
    "extracts",
    "protection",
)
PUBLISHED_SOURCE = "barometre"


@dataclass(frozen=True)
class Extract:
    """A current extract, as the table of extracts lists it."""

    source: str
    extract_date: date | None
    last_covered_month: date | None
    is_synthetic: bool


@dataclass(frozen=True)
class Column:
    """A column of a table, with its type and its description."""

    table: str
    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Marts:
    """The tables of the published file that the page reads."""

    connection: duckdb.DuckDBPyConnection
    names: tuple[str, ...]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> "Marts":
        """Find the tables; those that an older file lacks are left out."""
        there = {
            name
            for (name,) in connection.execute(
                """
                select table_name from duckdb_tables() where schema_name = $schema
                union all
                select view_name from duckdb_views() where schema_name = $schema
                """,
                {"schema": SCHEMA},
            ).fetchall()
        }
        return cls(connection, tuple(name for name in TABLES if name in there))

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        """The relation of a table, by the page's name for it."""
        return self.connection.table(f"{SCHEMA}.{name}")

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query that names its tables in braces, by the page's names for them."""
        return self.connection.execute(_named(sql), parameters).fetchall()

    def series(
        self, axis: dict[date, int], sql: str, parameters: dict[str, Any] | None = None
    ) -> dict[str, Series]:
        """Turn rows of (territory, month, values…) into a list of values per column, territory."""
        cursor = self.connection.execute(_named(sql), parameters)
        names = [column[0] for column in cursor.description or []][2:]
        series: dict[str, Series] = {name: {} for name in names}
        for territory_id, month, *values in cursor.fetchall():
            for name, value in zip(names, values, strict=True):
                by_territory = series[name].setdefault(territory_id, [None] * len(axis))
                is_number = not isinstance(value, float) or math.isfinite(value)
                by_territory[axis[month]] = value if is_number else None
        return series

    def columns(self, name: str) -> list[Column]:
        """The columns of a table, in order."""
        rows = self.connection.execute(
            """
            select column_name, lower(data_type), coalesce(comment, '')
            from duckdb_columns()
            where schema_name = $schema and table_name = $table
            order by column_index
            """,
            {"schema": SCHEMA, "table": name},
        ).fetchall()
        return [Column(name, *row) for row in rows]


def _named(sql: str) -> str:
    return sql.format(**{name: f"{SCHEMA}.{name}" for name in TABLES})


def read_extracts(marts: Marts) -> list[Extract]:
    """Current extracts by source; an edition covers the months that it holds."""
    rows = marts.rows(
        """
        with
            editions as (
                select edition, max(month) as last_month from {published_stock} group by edition
            )
        select source, extract_date, coalesce(last_covered_month, last_month), is_synthetic
        from {extracts}
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
            select month from {composite_stock}
            union
            select month from {stock_by_structure_type}
            union
            select month from {published_stock}
            order by month
            """
        )
    ]


def read_territories(marts: Marts) -> list[dict[str, Any]]:
    """Territories that a series may have: the country, then regions and departments by code.

    Those outside coverage are there where the published series has them (Mayotte).
    """
    rows = marts.rows(
        """
        select
            territory_id, territory_level, territory_code, territory_name, region_id, population,
            is_covered or territory_level = 'unlocated' as is_covered
        from {territories}
        where
            is_covered
            or territory_level = 'unlocated'
            or territory_id in (select territory_id from {published_stock})
        order by
            array_position(
                ['national', 'regional', 'departmental', 'unlocated'], territory_level
            ),
            territory_code
        """
    )
    keys = ("id", "level", "code", "name", "region", "population", "isCovered")
    return [_typographic(dict(zip(keys, row, strict=True)), "name") for row in rows]


def _typographic(row: dict[str, Any], key: str) -> dict[str, Any]:
    """A row with the apostrophe of French readers in one of its texts."""
    return row | {key: typographic(row[key])}


def read_measures(
    marts: Marts, axis: dict[date, int], synthetic_sources: set[str], break_month: date | None
) -> list[dict[str, Any]]:
    """Every series that has figures: published, both scopes, each type; real or synthetic.

    The published series and the official scope break in ``break_month``.
    """
    break_at = break_month and break_month.strftime("%Y-%m")
    types = read_types(marts)
    sources = read_sources(marts)
    measures = []
    published = _latest_published(marts, axis)
    if published["stock"]:
        measures.append(
            {
                "id": "published",
                "breakAt": break_at,
                "isSynthetic": PUBLISHED_SOURCE in synthetic_sources,
                **published,
            }
        )
    scopes = marts.series(
        axis,
        """
        select
            territory_id, month, official_stock, constant_stock,
            official_change is not null as is_official_comparable,
            constant_change is not null as is_constant_comparable
        from {composite_stock}
        """,
    )
    flags = marts.series(
        axis,
        """
        select territory_id, month, is_provisional, missing_components
        from {composite_stock} where territory_id = 'FR'
        """,
    )
    empty: list[Any] = [None] * len(axis)
    for scope in ("official", "constant"):
        stock = scopes[f"{scope}_stock"]
        if _has_figures(stock):
            measures.append(
                {
                    "id": scope,
                    "breakAt": break_at if scope == "official" else None,
                    "isSynthetic": bool(sources[scope] & synthetic_sources),
                    "stock": stock,
                    # Whether a change on a year is given: the same for all territories.
                    "comparable": scopes[f"is_{scope}_comparable"].get("FR", empty),
                    "provisional": flags["is_provisional"].get("FR", empty),
                    "missing": flags["missing_components"].get("FR", empty),
                }
            )
    for one in types:
        series = marts.series(
            axis,
            """
            select territory_id, month, stock, is_provisional
            from {stock_by_structure_type} where structure_type = $structure_type
            """,
            {"structure_type": one["id"]},
        )
        if _has_figures(series["stock"]):
            measures.append(
                {
                    "id": one["id"],
                    "label": one["label"],
                    "breakAt": None,
                    "isSynthetic": bool(sources[one["id"]] & synthetic_sources),
                    "stock": series["stock"],
                    "provisional": series["is_provisional"].get("FR", empty),
                }
            )
    return measures


def _has_figures(stock: Series) -> bool:
    return any(value is not None for values in stock.values() for value in values)


def read_types(marts: Marts) -> list[dict[str, Any]]:
    """The structure types, the one with most people first."""
    rows = marts.rows(
        """
        select types.structure_type, label
        from {structure_types} as types
        left join {stock_by_structure_type} as stocks
            on types.structure_type = stocks.structure_type and territory_id = 'FR'
        group by all
        order by max(stock) desc nulls last, types.structure_type
        """
    )
    return [_typographic(dict(zip(("id", "label"), row, strict=True)), "label") for row in rows]


def read_sources(marts: Marts) -> dict[str, set[str]]:
    """The sources that each type and each scope is counted from."""
    rows = marts.rows(
        """
        select structure_type, list(source) from {structure_type_sources} group by all
        union all
        select scope, list(source)
        from {composite_scopes}
        inner join {structure_type_sources} using (structure_type)
        group by all
        """
    )
    return {name: set(sources) for name, sources in rows}


def _latest_published(marts: Marts, axis: dict[date, int]) -> dict[str, Any]:
    """The last edition: its stock, and the months that the next one would move most."""
    series = marts.series(
        axis,
        """
        select territory_id, month, stock, is_provisional
        from {published_stock} where is_latest_edition
        """,
    )
    flags = series["is_provisional"].get("FR", [None] * len(axis))
    return {"stock": series["stock"], "provisional": flags}


def read_rounding_base(marts: Marts) -> int:
    """What the figures are multiples of: 1 means that they are exact."""
    [(base,)] = marts.rows("select rounding_base from {protection}")
    return int(base)


def read_editions(marts: Marts, axis: dict[date, int]) -> list[dict[str, Any]]:
    """The published series, edition by edition, oldest first; the last one is the measure."""
    editions = marts.rows(
        "select distinct edition, is_latest_edition from {published_stock} order by edition"
    )
    return [
        {
            "edition": edition.isoformat(),
            "stock": None
            if is_latest
            else marts.series(
                axis,
                "select territory_id, month, stock from {published_stock} where edition = $edition",
                {"edition": edition},
            )["stock"],
        }
        for edition, is_latest in editions
    ]


def read_country_by_edition(marts: Marts) -> dict[date, dict[date, int]]:
    """The stock of France by month, in each edition, oldest first."""
    editions: dict[date, dict[date, int]] = {}
    for edition, month, stock in marts.rows(
        """
        select edition, month, stock from {published_stock}
        where territory_id = 'FR' order by edition, month
        """
    ):
        editions.setdefault(edition, {})[month] = stock
    return editions


def read_revisions_by_age(marts: Marts) -> list[dict[str, Any]]:
    """How far departments moved in the next edition, for each of an edition's last six months.

    Rank 1 is the last month of the edition before; sizes are shares of what it said (1 = 100 %).
    """
    rows = marts.rows(
        """
        with
            last_months as (
                select edition, max(month) as last_month from {published_stock} group by edition
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
        from {published_revisions} as revisions
        inner join pairs on revisions.edition = pairs.edition
        where
            territory_id like 'D%'
            and revision_rate is not null
            and rank_from_the_end between 1 and 6
        group by all
        order by rank_from_the_end
        """
    )
    return [dict(zip(("rank", "median", "decile", "n"), row, strict=True)) for row in rows]


def read_comparable(marts: Marts, axis: dict[date, int]) -> Series:
    """The published series with the coverage of the recomputed one, where both have the month."""
    return marts.series(axis, "select territory_id, month, published_stock from {reconciliation}")[
        "published_stock"
    ]


def read_country(marts: Marts, axis: dict[date, int]) -> dict[str, Any]:
    """What is known of the country beside the stock, by type; empty where a table is not there."""
    figures: dict[str, Any] = {}
    for table, columns in (
        ("flows_by_structure_type", ("entries", "exits", "returns")),
        ("structures_by_structure_type", ("nb_structures",)),
        ("declarations", ("nb_expected", "nb_declared")),
    ):
        if table in marts.names:
            sql = f"select structure_type, month, {', '.join(columns)} from {{{table}}}"  # noqa: S608
            figures |= marts.series(axis, sql)
    people = (
        marts.rows("select year, component, nb_people, nb_months from {people_by_year} order by 1")
        if "people_by_year" in marts.names
        else []
    )
    keys = ("year", "component", "people", "months")
    return figures | {"people": [dict(zip(keys, row, strict=True)) for row in people]}


def read_what_was_said(
    marts: Marts, axis: dict[date, int], edition: Path
) -> dict[str, dict[str, dict[int, int | None]]]:
    """The figures of an earlier release that are not today's, by series, territory and month."""
    said: dict[str, dict[str, dict[int, int | None]]] = {}
    for measure, territory_id, month, stock in marts.rows(
        """
        with
            before as (
                select month, territory_id, structure_type as measure, stock
                from read_parquet($types)
                union all
                (unpivot (select month, territory_id, official_stock as official,
                    constant_stock as constant from read_parquet($scopes))
                on official, constant into name measure value stock)
            ),
            now as (
                select month, territory_id, structure_type as measure, stock
                from {stock_by_structure_type}
                union all
                (unpivot (select month, territory_id, official_stock as official,
                    constant_stock as constant from {composite_stock})
                on official, constant into name measure value stock)
            )
        select measure, territory_id, month, before.stock
        from now left join before using (measure, territory_id, month)
        where before.stock is distinct from now.stock
        """,
        {
            "types": str(edition / "stock_by_structure_type.parquet"),
            "scopes": str(edition / "composite_stock.parquet"),
        },
    ):
        said.setdefault(measure, {}).setdefault(territory_id, {})[axis[month]] = stock
    return said
