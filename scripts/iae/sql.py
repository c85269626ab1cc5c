"""Names and texts as SQL writes them, and tables as files for everybody."""

from pathlib import Path
from typing import Any

import duckdb


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def write_files(relation: duckdb.DuckDBPyRelation, folder: Path, name: str) -> tuple[Path, Path]:
    """Write a CSV and a Parquet; return their paths.

    The CSV is for R and spreadsheets: commas, UTF-8, ISO dates, TRUE and FALSE.
    """
    columns = [
        f"upper({quoted(name)}::varchar) as {quoted(name)}" if kind == "BOOLEAN" else quoted(name)
        for name, kind in zip(relation.columns, map(str, relation.types), strict=True)
    ]
    text, parquet = folder / f"{name}.csv", folder / f"{name}.parquet"
    relation.project(", ".join(columns)).write_csv(
        str(text), header=True, timestamp_format="%Y-%m-%dT%H:%M:%SZ"
    )
    relation.write_parquet(str(parquet), compression="zstd")
    return text, parquet


def rows_if_there(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Return the rows of a query; none where a table is not there: not built, or of another age."""
    try:
        return connection.execute(sql, parameters).fetchall()
    except duckdb.CatalogException:
        return []
