"""Read from the marts what the page shows, as plain values ready for JSON.

Series are lists aligned on one axis of months, so that the page stays small: a list of numbers
per territory instead of one object per row. A figure that a mart does not give is ``None``.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

Series = dict[str, list[Any]]


@dataclass(frozen=True)
class Extract:
    """A current extract, as ``audit_extracts`` lists it."""

    source: str
    extract_date: date | None
    last_covered_month: date | None
    nb_rows: int
    nb_rejected: int
    loaded_at: datetime | None
    is_synthetic: bool


@dataclass(frozen=True)
class Outcome:
    """Number of raw rows of a source table that end in one outcome."""

    source: str
    source_table: str
    reason: str | None
    nb_rows: int


def list_marts(connection: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """Names of the published marts and their comments, in alphabetical order."""
    return dict(
        connection.sql(
            """
            select table_name, comment from duckdb_tables() where schema_name = 'marts'
            union all
            select view_name, comment from duckdb_views() where schema_name = 'marts'
            order by all
            """
        ).fetchall()
    )


def read_extracts(connection: duckdb.DuckDBPyConnection) -> list[Extract]:
    """Current extracts by source; one without the ``is_synthetic`` mark is taken as real."""
    relation = connection.table("marts.audit_extracts")
    columns = list(Extract.__dataclass_fields__)
    present = [column if column in relation.columns else "false" for column in columns]
    rows = relation.project(", ".join(present)).order("source, extract_date").fetchall()
    return [Extract(*row) for row in rows]


def read_outcomes(connection: duckdb.DuckDBPyConnection) -> list[Outcome]:
    """Raw rows by outcome: counted rows first, then the reasons in alphabetical order."""
    rows = connection.sql(
        """
        select source, source_table, reason, sum(nb_rows)::bigint as nb_rows
        from marts.audit_row_outcomes
        group by all
        order by source, source_table, reason nulls first
        """
    ).fetchall()
    return [Outcome(*row) for row in rows]


def read_warnings(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the data tests of the published build warn of."""
    warnings: set[str] = set()
    for (listed,) in connection.sql("select warnings from marts.audit_builds").fetchall():
        warnings.update(listed or ())
    return sorted(warnings)


def read_page_data(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Everything that the charts draw: months, territories, types, stocks, published series."""
    months = [
        month
        for (month,) in connection.sql(
            """
            select month from marts.fct_composite_stock
            union
            select month from marts.fct_stock_by_structure_type
            union
            select month from marts.fct_published_stock
            order by month
            """
        ).fetchall()
    ]
    axis = {month: position for position, month in enumerate(months)}
    return {
        "months": [month.strftime("%Y-%m") for month in months],
        "territories": _read_territories(connection),
        "composite": _read_composite(connection, axis),
        "types": _read_types(connection, axis),
        "published": _read_published(connection, axis),
        "comparable": _read_series(
            connection,
            axis,
            "select territory_id, month, published_stock from marts.fct_reconciliation",
        ).get("published_stock", {}),
    }


def _read_territories(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Covered territories, the country first, then regions and departments by code."""
    rows = connection.sql(
        """
        select
            territory_id, territory_level, territory_code, territory_name, region_name, population
        from marts.dim_territories
        where is_covered or territory_level = 'unlocated'
        order by
            array_position(
                ['national', 'regional', 'departmental', 'unlocated'], territory_level
            ),
            territory_code
        """
    ).fetchall()
    keys = ("id", "level", "code", "name", "region", "population")
    return [dict(zip(keys, row, strict=True)) for row in rows]


def _read_composite(connection: duckdb.DuckDBPyConnection, axis: dict[date, int]) -> dict[str, Any]:
    """Both scopes with their change on 12 months, and the flags of the months."""
    series = _read_series(
        connection,
        axis,
        """
        select
            territory_id, month, official_stock, constant_stock, official_change,
            round(official_change_percent, 3) as official_change_percent, constant_change,
            round(constant_change_percent, 3) as constant_change_percent
        from marts.fct_composite_stock
        """,
    )
    flags = _read_series(
        connection,
        axis,
        """
        select territory_id, month, is_provisional, missing_components
        from marts.fct_composite_stock where territory_id = 'FR'
        """,
    )
    empty: list[Any] = [None] * len(axis)
    return {
        "official": _scope(series, "official"),
        "constant": _scope(series, "constant"),
        "provisional": flags.get("is_provisional", {}).get("FR", empty),
        "missing": flags.get("missing_components", {}).get("FR", empty),
    }


def _scope(series: dict[str, Series], scope: str) -> dict[str, Series]:
    return {
        "stock": series.get(f"{scope}_stock", {}),
        "change": series.get(f"{scope}_change", {}),
        "percent": series.get(f"{scope}_change_percent", {}),
    }


def _read_types(
    connection: duckdb.DuckDBPyConnection, axis: dict[date, int]
) -> list[dict[str, Any]]:
    """Each structure type with its stock; a type that was never loaded has an empty one."""
    types = connection.sql(
        """
        select dim_structure_types.structure_type, label, source, stock_rule, provisional_months
        from marts.dim_structure_types
        left join marts.fct_stock_by_structure_type
            on
                dim_structure_types.structure_type = fct_stock_by_structure_type.structure_type
                and territory_id = 'FR'
        group by all
        order by max(stock) desc nulls last, dim_structure_types.structure_type
        """
    ).fetchall()
    described = []
    for structure_type, label, source, stock_rule, provisional_months in types:
        series = _read_series(
            connection,
            axis,
            """
            select territory_id, month, stock, is_provisional
            from marts.fct_stock_by_structure_type where structure_type = $structure_type
            """,
            {"structure_type": structure_type},
        )
        described.append(
            {
                "id": structure_type,
                "label": label,
                "source": source,
                "rule": stock_rule,
                "provisionalMonths": provisional_months,
                "stock": series.get("stock", {}),
                "provisional": series.get("is_provisional", {}).get("FR", [None] * len(axis)),
            }
        )
    return described


def _read_published(
    connection: duckdb.DuckDBPyConnection, axis: dict[date, int]
) -> list[dict[str, Any]]:
    """The published series, edition by edition, oldest first."""
    editions = connection.sql(
        "select distinct edition from marts.fct_published_stock order by edition"
    ).fetchall()
    return [
        {
            "edition": edition.isoformat(),
            "stock": _read_series(
                connection,
                axis,
                """
                select territory_id, month, stock from marts.fct_published_stock
                where edition = $edition
                """,
                {"edition": edition},
            ).get("stock", {}),
        }
        for (edition,) in editions
    ]


def _read_series(
    connection: duckdb.DuckDBPyConnection,
    axis: dict[date, int],
    query: str,
    parameters: dict[str, Any] | None = None,
) -> dict[str, Series]:
    """Turn rows of (territory, month, values…) into one list of values per column and territory."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or []][2:]
    series: dict[str, Series] = {name: {} for name in names}
    for territory_id, month, *values in cursor.fetchall():
        for name, value in zip(names, values, strict=True):
            by_territory = series[name].setdefault(territory_id, [None] * len(axis))
            is_number = not isinstance(value, float) or math.isfinite(value)
            by_territory[axis[month]] = value if is_number else None
    return {name: by_territory for name, by_territory in series.items() if by_territory}
