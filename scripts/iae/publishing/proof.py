"""Whether the figures may be published: what was built, on what, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from iae.errors import IaeError


@dataclass(frozen=True)
class Build:
    """One dbt run as raw.builds tells it (macros/record_build_start.sql, record_build_end.sql)."""

    invocation_id: str
    command: str
    is_full: bool
    started_at: datetime
    status: str
    nb_errors: int | None
    warnings: list[str]
    load_ids: list[int]

    @property
    def name(self) -> str:
        """Return the command and the time it began, to tell one run from another."""
        return f"`{self.command}` of {self.started_at:%Y-%m-%d %H:%M:%S} UTC"


def builds_to_publish(connection: duckdb.DuckDBPyConnection) -> list[Build]:
    """Return the last full green build and those after it, which must be green as well.

    Raise IaeError, saying what to do, when there is none, when a later run failed or was stopped,
    or when they were not made on the extracts that are current.
    """
    try:
        rows = connection.execute(
            """
            select
                invocation_id,
                command,
                is_full,
                started_at,
                status,
                nb_errors,
                coalesce(warnings, []),
                coalesce(load_ids, []),
            from raw.builds
            order by started_at
            """
        ).fetchall()
        current = connection.execute(
            "select coalesce(list(load_id order by load_id), []) from raw.extracts where is_current"
        ).fetchall()[0][0]
    except duckdb.CatalogException:
        rows = []
    if not rows:
        raise IaeError("Nothing has been built yet: run dbt build.")
    builds = [Build(*row) for row in rows]
    bases = [place for place, run in enumerate(builds) if run.is_full and run.status == "green"]
    for build in reversed(builds[bases[-1] if bases else 0 :]):
        if build.status == "running":
            raise IaeError(f"{build.name} was stopped before its end: run dbt build again.")
        if build.status != "green":
            raise IaeError(
                f"{build.name} failed ({build.nb_errors} errors): mend them, then run dbt build."
            )
    if not bases:
        raise IaeError("Only parts have been built: run dbt build without a selection.")
    since = builds[bases[-1] :]
    if any(build.load_ids != current for build in since):
        raise IaeError("Other extracts are current than those that were built: run dbt build.")
    return since
