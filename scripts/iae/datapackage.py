"""What the open tables are, in the words that dbt wrote of them: a Frictionless data package."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from iae.french import SOURCE_NAMES

SCHEMA = "open_data"
NAME = "insertion-par-l-activite-economique"
KEYWORDS = [
    "insertion par l’activité économique",
    "emploi",
    "ateliers et chantiers d’insertion",
    "entreprises d’insertion",
    "associations intermédiaires",
    "statistiques",
]
# Tables whose figures come from the published series, and those from the other extracts.
FROM_PUBLISHED = ("published_stock", "published_revisions")
FROM_EXTRACTS = (
    "composite_stock",
    "stock_by_structure_type",
    "flows_by_structure_type",
    "people_by_year",
    "structures_by_structure_type",
    "declarations",
    "reconciliation",
)
# A count of structures is as firm as the stock of its month.
_AS_ITS_STOCK = (
    "(select is_provisional from open_data.stock_by_structure_type as stocks "
    "where stocks.month = figures.month and stocks.territory_id = figures.territory_id "
    "and stocks.structure_type = figures.structure_type)"
)
# Observation status (SDMX): the column that bears it, and SQL that gives it from a row.
_STATUS = "case when {missing} then 'M' when {provisional} then 'P' else 'A' end"
STATUS_COLUMNS = {
    "stock_by_structure_type": {"obs_status": ("stock is null", "is_provisional")},
    "composite_stock": {
        "obs_status": ("official_stock is null", "is_provisional"),
        "constant_obs_status": ("constant_stock is null", "is_provisional"),
    },
    "flows_by_structure_type": {"obs_status": ("entries is null", "is_provisional")},
    "people_by_year": {"obs_status": ("nb_people is null", "is_provisional")},
    "structures_by_structure_type": {"obs_status": ("nb_structures is null", _AS_ITS_STOCK)},
    "declarations": {"obs_status": ("nb_expected is null", _AS_ITS_STOCK)},
    "published_stock": {"obs_status": ("stock is null", "is_provisional")},
    "published_revisions": {"obs_status": ("stock is null", "age_in_months <= 6")},
    "reconciliation": {
        "obs_status": (
            "constant_stock is null",
            "(select bool_or(is_provisional) from open_data.composite_stock as composite "
            "where composite.month = figures.month and composite.territory_id = "
            "figures.territory_id)",
        )
    },
}
_STATUS_TEXT = (
    "Statut de l’observation : A normal, P provisoire, M manquant. "
    "Observation status (SDMX): A normal, P provisional, M missing."
)
_TYPES = {
    "BIGINT": "integer",
    "INTEGER": "integer",
    "HUGEINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}


@dataclass(frozen=True)
class Column:
    """A column of a released table; `expression` is the SQL that gives it from the open table."""

    name: str
    type: str
    description: str
    is_required: bool
    expression: str


@dataclass(frozen=True)
class Table:
    """An open table as it is released."""

    name: str
    title: str
    description: str
    columns: list[Column]
    primary_key: list[str]
    is_synthetic: bool

    @property
    def sql(self) -> str:
        """Return the query of its rows, in a stable order."""
        shown = ", ".join(f"{column.expression} as {column.name}" for column in self.columns)
        return f"select {shown} from {SCHEMA}.{self.name} as figures order by all"  # noqa: S608


def read_tables(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    """Read the open tables of the published file, by name, with their observation statuses."""
    comments = dict(
        connection.execute(
            "select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = ?",
            [SCHEMA],
        ).fetchall()
    )
    keys = dict(
        connection.execute(
            "select table_name, constraint_column_names from duckdb_constraints() "
            "where schema_name = ? and constraint_type = 'PRIMARY KEY'",
            [SCHEMA],
        ).fetchall()
    )
    synthetic = synthetic_sources(connection)
    tables = []
    for name in sorted(comments):
        title, _, description = comments[name].partition("\n")
        is_synthetic = (name in FROM_PUBLISHED and "barometre" in synthetic) or (
            name in FROM_EXTRACTS and bool(synthetic - {"barometre"})
        )
        tables.append(
            Table(
                name,
                title.strip().rstrip("."),
                flat(description) or title.strip(),
                _columns(connection, name, is_synthetic),
                list(keys.get(name, ())),
                is_synthetic,
            )
        )
    return tables


def read_metadata(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return what is said of the data: title, producer, contact, sources, frequency, licence."""
    return dict(connection.execute(f"select key, value from {SCHEMA}.metadata").fetchall())  # noqa: S608


def read_rounding_base(connection: duckdb.DuckDBPyConnection) -> int:
    """Return what the figures are multiples of: 1 means that they are exact."""
    ((base,),) = connection.execute(f"select rounding_base from {SCHEMA}.protection").fetchall()  # noqa: S608
    return int(base)


def synthetic_sources(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the sources whose figures are made up."""
    rows = connection.execute(f"select source from {SCHEMA}.extracts where is_synthetic")  # noqa: S608
    return {source for (source,) in rows.fetchall()}


def _columns(connection: duckdb.DuckDBPyConnection, table: str, is_synthetic: bool) -> list[Column]:
    rows = connection.execute(
        "select column_name, data_type, coalesce(comment, ''), not is_nullable "
        "from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
        [SCHEMA, table],
    ).fetchall()
    columns = [
        Column(name, _TYPES.get(kind, "string"), flat(text), required, f"figures.{name}")
        for name, kind, text, required in rows
    ]
    for name, (missing, provisional) in STATUS_COLUMNS.get(table, {}).items():
        expression = _STATUS.format(missing=missing, provisional=provisional)
        columns.append(Column(name, "string", _STATUS_TEXT, True, expression))
    if is_synthetic:
        text = "Toujours vrai : ces chiffres sont fictifs. Always true: these figures are made up."
        columns.append(Column("is_synthetic", "boolean", text, True, "true"))
    return columns


def flat(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def describe(
    connection: duckdb.DuckDBPyConnection,
    tables: list[Table],
    version: str,
    files: dict[str, tuple[int, str]],
) -> dict[str, Any]:
    """Return the descriptor of the package; `files` are (bytes, SHA-256) by name of file."""
    ((first, last),) = connection.execute(
        """
        select min(month), max(month)
        from (
            select month from open_data.composite_stock
            union all
            select month from open_data.published_stock
        )
        """
    ).fetchall()
    base = read_rounding_base(connection)
    extracts = connection.execute(
        f"select source, extract_date, is_synthetic from {SCHEMA}.extracts order by all"  # noqa: S608
    ).fetchall()
    is_synthetic = any(table.is_synthetic for table in tables)
    metadata = read_metadata(connection)
    return {
        "profile": "tabular-data-package",
        "name": NAME,
        "id": f"{NAME}-{version}",
        "title": f"{metadata['title']}{' (données fictives)' if is_synthetic else ''}",
        "description": _description(base, is_synthetic),
        "version": version,
        "created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "homepage": "../../index.html",
        "licenses": [
            {
                "name": metadata["licence_name"],
                "path": metadata["licence_url"],
                "title": metadata["licence"],
            }
        ],
        "keywords": KEYWORDS,
        "contributors": [
            {"title": metadata["producer"], "role": "publisher"},
            {"title": metadata["contact"], "role": "maintainer"},
        ],
        "sources": [
            {"title": f"{SOURCE_NAMES[source]}, {day:%d/%m/%Y}{' (fictif)' if fake else ''}"}
            for source, day, fake in extracts
        ],
        "temporal": {"start": _month(first), "end": _month(last)},
        "spatial": metadata["geography"],
        "accrualPeriodicity": metadata["accrual_periodicity"],
        "rounding_base": base,
        "is_synthetic": is_synthetic,
        "resources": [_resource(table, files) for table in tables],
    }


def _description(base: int, is_synthetic: bool) -> str:
    sentences = [
        "Effectif mensuel de personnes en insertion par l’activité économique, par territoire et "
        "type de structure, et indicateur composite. Un effectif ne s’additionne jamais sur "
        "plusieurs mois.",
        f"Les effectifs sont arrondis à {base} pour que personne ne soit reconnu, de telle sorte "
        "que les sommes tiennent à tous les niveaux."
        if base > 1
        else "Diffusion restreinte : chiffres exacts.",
    ]
    if is_synthetic:
        sentences.insert(0, "Données fictives : ne pas citer.")
    return " ".join(sentences)


def _month(month: date | None) -> str | None:
    return None if month is None else f"{month:%Y-%m}"


def _resource(table: Table, files: dict[str, tuple[int, str]]) -> dict[str, Any]:
    path = f"{table.name}.csv"
    nb_bytes, digest = files[path]
    schema: dict[str, Any] = {
        "fields": [
            {
                "name": column.name,
                "type": column.type,
                "description": column.description,
                **({"constraints": {"required": True}} if column.is_required else {}),
            }
            for column in table.columns
        ],
        "missingValues": [""],
    }
    if table.primary_key:
        schema["primaryKey"] = table.primary_key
    return {
        "name": table.name.replace("_", "-"),
        "title": table.title,
        "description": table.description,
        "path": path,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": nb_bytes,
        "hash": f"sha256:{digest}",
        "parquet": f"{table.name}.parquet",
        "is_synthetic": table.is_synthetic,
        "schema": schema,
    }
