"""Names and texts as SQL writes them, and tables as a CSV for everybody has them."""

from typing import Any

import duckdb


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def for_csv(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return a relation with its booleans as TRUE and FALSE, which R and spreadsheets read."""
    columns = [
        f"upper({quoted(name)}::varchar) as {quoted(name)}" if kind == "BOOLEAN" else quoted(name)
        for name, kind in zip(relation.columns, map(str, relation.types), strict=True)
    ]
    return relation.project(", ".join(columns))


def rows_if_there(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Return the rows of a query; none where a table is not there: not built, or of another age."""
    try:
        return connection.execute(sql, parameters).fetchall()
    except duckdb.CatalogException:
        return []
