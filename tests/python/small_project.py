"""A dbt project of a few nodes, with the macros and models that record runs and prove them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from conftest import PROJECT, environment, run_dbt
from iae.loading.raw_tables import opened_to_load
from iae.paths import published_path
from iae.publishing.proof import Proof, prove
from iae.publishing.swap import Publication, publish
from iae.warehouse import opened
from processes import started

FOLDERS = ("macros", "models/staging/loader", "models/intermediate/publication", "models/docs")
# They are about models that are not here.
LEFT_OUT = ("exposures.yml", "overview.md")

MODELS = {
    "intermediate/int_people.sql": (
        "select structure_type, {{ var('factor') }} * nb as nb from {{ ref('people') }}"
    ),
    "marts/fct_people.sql": "select structure_type, nb from {{ ref('int_people') }}",
    "marts/fct_total.sql": "select sum(nb)::bigint as total from {{ ref('fct_people') }}",
}
PROPERTIES = """
models:
  - name: fct_people
    description: People by type.
    columns:
      - name: nb
        description: People; it's a number.
        data_tests:
          - not_null
  - name: fct_total
    data_tests:
      - few_rows:
          description: The total is small.
          config: {severity: warn}
unit_tests:
  - name: total_is_a_sum
    model: fct_total
    given:
      - input: ref('fct_people')
        rows: [{nb: 1}, {nb: 2}]
    expect:
      rows: [{total: 3}]
"""
FEW_ROWS = """
{% test few_rows(model) %}
select * from {{ model }} where total < 10
{% endtest %}
"""


EDITION_FOLDERS = (
    "models/staging/archive",
    "models/intermediate/editions",
    "models/marts/editions",
)
EDITION_MODELS = {
    "intermediate/int_stock_by_department.sql": (
        "select month, department_code, 'ACI' as structure_type, stock from raw.stock"
    ),
    "intermediate/int_months.sql": (
        "select cast(unnest(generate_series(date '2021-11-01', date '2022-03-01', "
        "interval 1 month)) as date) as month"
    ),
    "intermediate/int_structure_type_coverage.sql": """
        select
            'ACI' as structure_type,
            date '2021-11-01' as first_month,
            cast(date_trunc('month', max(extract_date)) - interval 1 month as date) as last_month,
            last_month as first_provisional_month,
        from {{ ref('stg_loader__extracts') }}
        where is_current
    """,
    "marts/dim_territories.sql": (
        "select distinct territory_id from {{ ref('int_department_territories') }}"
    ),
}


@dataclass(frozen=True)
class SmallProject:
    """The project in `folder` and its warehouse beside it, run in this process."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse" / "build.duckdb"

    @property
    def published(self) -> Path:
        return published_path(self.warehouse)

    def write(self) -> None:
        """Write the project, and a warehouse in which one extract is loaded."""
        self._write_recording()
        for path, sql in MODELS.items():
            self.put(f"models/{path}", sql)
        self.put("models/marts/_properties.yml", PROPERTIES)
        self.put("seeds/people.csv", "structure_type,nb\nACI,3\nEI,4\n")
        self.put("tests/generic/few_rows.sql", FEW_ROWS)
        self.load(1)

    def write_with_editions(self) -> None:
        """Write a project that computes editions of the stock of ACI, in the table raw.stock."""
        self._write_recording()
        for folder in EDITION_FOLDERS:
            self._copy(folder)
        for path, sql in EDITION_MODELS.items():
            self.put(f"models/{path}", sql)
        name = "models/intermediate/territories/int_department_territories.sql"
        self.put(name, (PROJECT / name).read_text())
        self.put("seeds/departments.csv", (PROJECT / "seeds/departments.csv").read_text())

    def _write_recording(self) -> None:
        for folder in FOLDERS:
            self._copy(folder)
        for name in LEFT_OUT:
            (self.folder / "models" / "docs" / name).unlink()
        settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
        settings["vars"] = {"factor": 1}
        del settings["models"]["iae"]["marts"]["+contract"]  # the marts here have no types
        self.put("dbt_project.yml", yaml.safe_dump(settings))
        shutil.copy(PROJECT / "profiles.yml", self.folder)
        audit = yaml.safe_load((PROJECT / "models/marts/audit/_audit__models.yml").read_text())
        audit["models"] = [one for one in audit["models"] if one["name"] == "audit_builds"]
        self.put("models/marts/audit/_audit__models.yml", yaml.safe_dump(audit))
        name = "models/marts/audit/audit_builds.sql"
        shutil.copy(PROJECT / name, self.folder / name)
        shutil.copy(PROJECT / "models/marts/_groups.yml", self.folder / "models/marts")
        (self.folder / "tests/generic").mkdir(parents=True)

    def _copy(self, folder: str) -> None:
        """Copy a folder of the project without its tests, which run on the sample."""
        shutil.copytree(PROJECT / folder, self.folder / folder)
        for path in (self.folder / folder).glob("*.yml"):
            properties = yaml.safe_load(path.read_text())
            properties.pop("unit_tests", None)
            for model in properties.get("models", ()):
                for one in (model, *model.get("columns", ())):
                    one.pop("data_tests", None)
            path.write_text(yaml.safe_dump(properties))

    def put(self, path: str, text: str) -> None:
        """Write a file of the project."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def load(self, load_id: int, date: str = "2022-02-22") -> None:
        """Make another extract the current one."""
        with opened_to_load(self.warehouse) as connection:
            connection.execute("update raw.extracts set is_current = false")
            connection.execute(
                """
                insert into raw.extracts (load_id, source, is_current, extract_date, is_synthetic)
                values (?, 'asp_fluxiae', true, ?, true)
                """,
                [load_id, date],
            )

    def dbt(self, *arguments: str, succeeds: bool = True) -> None:
        """Run dbt, which must succeed or fail as said."""
        with self._entered():
            done, printed = run_dbt(["--quiet", *arguments], dict(os.environ))
        assert done.success == succeeds, (arguments, printed)

    def prove(self, here: Path | None = None) -> Proof:
        """Prove the build from a folder, the root of the project unless told."""
        with self._entered(here), opened(self.warehouse, read_only=True) as connection:
            return prove(connection)

    def publish(self) -> Publication:
        """Publish from the root of the project."""
        with self._entered(), opened(self.warehouse, read_only=True) as connection:
            return publish(connection, self.published)

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own, from the root of the project."""
        with self._entered():
            return subprocess.run(command, capture_output=True, text=True, check=False)

    def killed_publication(self, step: int) -> int | None:
        """Publish from the root of the project, killed at a step; return the exit code."""
        with self._entered():
            publication = started(["publish"], os.environ, step=step)
            publication.join()
            return publication.exitcode

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL on the warehouse, past dbt."""
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(sql).fetchall()

    @contextmanager
    def _entered(self, here: Path | None = None) -> Iterator[None]:
        variables = {
            **os.environ,
            "IAE_WAREHOUSE": str(self.warehouse),
            "DBT_PROFILES_DIR": str(self.folder),
            "DBT_PROJECT_DIR": str(self.folder),
            "DO_NOT_TRACK": "1",
        }
        for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH"):
            variables.pop(name, None)
        with environment(variables), chdir(here or self.folder):
            yield
