"""Whether the figures may be published, and which tables they are.

What dbt built and tested is recorded by its runs (macros/record_build_start.sql and
record_build_end.sql). The view `int_publication_proof` decides on it; here is added what only the
disk tells: whether the code is still the one that the runs read.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from iae.errors import IaeError

# The schemas that are published.
SCHEMAS = ("marts", "open_data")


@dataclass(frozen=True)
class Proof:
    """What may be published: relations (schema, name), their runs, what their tests warn of."""

    relations: list[tuple[str, str]]
    invocation_ids: set[str]
    warnings: list[str]

    @property
    def has_editions(self) -> bool:
        """Whether the project keeps editions of what it publishes."""
        return ("marts", "dim_editions") in self.relations


def prove(connection: duckdb.DuckDBPyConnection) -> Proof:
    """Return what may be published of a warehouse; raise IaeError with the first obstacle."""
    try:
        obstacle = connection.execute(
            """
            select reason
            from intermediate.int_publication_proof
            where reason is not null
            order by reason_rank, unique_id
            limit 1
            """
        ).fetchone()
        if obstacle:
            raise IaeError(obstacle[0])
        _refuse_edited_files(connection)
        relations = connection.execute(
            """
            select schema_name, table_name
            from intermediate.int_publication_proof
            where list_contains(?, schema_name)
            order by all
            """,
            [list(SCHEMAS)],
        ).fetchall()
        builds = connection.execute(
            "select invocation_id, warnings from marts.audit_builds order by started_at"
        ).fetchall()
        return Proof(
            relations,
            {invocation_id for invocation_id, _ in builds},
            list(dict.fromkeys(warning for _, warnings in builds for warning in warnings)),
        )
    except duckdb.CatalogException:
        raise IaeError("Nothing is built here, or a table is gone: run dbt build.") from None


def _refuse_edited_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise IaeError for a file of the project in this folder that is not as dbt last read it."""
    if not Path("dbt_project.yml").exists():
        return  # Away from the project, what its runs recorded is all there is to know.
    edited = connection.execute(
        """
        select path
        from raw.project_files
        full join raw.project_files_on_disk as on_disk using (path)
        where
            project_files.digest is null
            or on_disk.digest is null
            or project_files.digest != on_disk.digest
        order by path
        limit 1
        """
    ).fetchone()
    if edited:
        raise IaeError(f"{edited[0]}: has changed since dbt read it: run dbt build.")
