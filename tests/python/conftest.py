"""Fixtures of the tests: a warehouse of one's own, and the commands of the project run on it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from unittest.mock import patch

import duckdb
import pytest
from playwright.sync_api import Browser, sync_playwright

from compiled_project import CompiledProject
from iae.loading.raw_tables import opened_to_load
from loading import SALT, Warehouse, error_of, run
from processes import Command, Done, started

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REAL_DATA = PROJECT / "data"
# The rows of the real editions in SQL, read by DuckDB alone: nothing of the pipeline is in between.
REAL_EDITIONS = "({})".format(
    " union all ".join(
        f"""
        select regexp_extract(filename, '(\\d+-\\d+-\\d+)/[^/]*$', 1)::date as edition,
            date_trunc('month', date::date)::date as month, {territory} as territory_id,
            valeur::double::bigint as stock
        from read_csv(
            '{REAL_DATA}/barometre/*/*-{level}.csv.gz', filename = true, all_varchar = true
        )
        """
        for level, territory in (
            ("national", "'FR'"),
            ("regional", "'R' || lpad(code_region, 2, '0')"),
            ("departemental", "'D' || code_departement"),
        )
    )
)
LONGEST_FIRST = (
    "test_site",
    "test_sample",
    "test_editions",
    "test_proof",
    "test_year",
    "test_kill",
    "test_open_data",
    "test_load_malformed",
    "test_publish",
)
SHARED = Path(os.environ.get("IAE_SHARED", PROJECT.parent / "shared"))
# This process, for a while with these environment variables and no other.
environment = partial(patch.dict, os.environ, clear=True)


def run_dbt(
    words: Sequence[str], variables: Mapping[str, str], manifest: Manifest | None = None
) -> tuple[dbtRunnerResult, str]:
    """Run dbt in this process; return its result and what it printed."""
    # It takes seconds to import, and most files of tests do without it.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    printed = io.StringIO()
    with environment(variables), redirect_stdout(printed):
        result = dbtRunner(manifest).invoke(["--no-use-colors", *words])
    # dbt-duckdb would keep the warehouse open until the next run.
    DuckDBConnectionManager.close_all_connections()
    return result, printed.getvalue()


@cache
def manifest() -> Manifest:
    """The project as dbt parses it: once per process, and only what has changed since the last."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    pipeline = Pipeline(PROJECT / "target" / "tests" / worker)
    variables = pipeline.environment
    if done := os.environ.get("IAE_TEST_SAMPLE"):
        # What `make test` has parsed holds for the warehouse that it was parsed for.
        target = pipeline.folder / "target"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(done, "target", "partial_parse.msgpack"), target)
        variables["IAE_WAREHOUSE"] = f"{done}/warehouse/build.duckdb"
    result, printed = run_dbt(["--quiet", "parse", "--project-dir", str(PROJECT)], variables)
    assert result.success, printed
    return result.result


@dataclass(frozen=True)
class Pipeline:
    """The project's commands, run as users do, on a warehouse in `folder`."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse" / "build.duckdb"

    @property
    def published(self) -> Path:
        return self.warehouse.with_name("iae.duckdb")

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "IAE_WAREHOUSE": str(self.warehouse),
            "IAE_SALT": "a salt for the tests",
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DO_NOT_TRACK": "1",
            "COLUMNS": "160",
        }

    def succeed(self, command: Sequence[str | Path]) -> str:
        """Run a command that must succeed, from the project's root, and return what it printed."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def begun(
        self, *words: str | Path, largest_file: int | None = None, **variables: str
    ) -> Command:
        """Start a command of the project, or `build` of dbt, from the project's root.

        Args:
            largest_file: what files may grow to, in bytes: what a full disk is to the database.
            variables: changes of the environment.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        output = self.folder / f"said.{time.monotonic_ns()}"
        with chdir(PROJECT):
            process = started(
                words, self.environment | variables, output=output, largest_file=largest_file
            )
        return Command(process, output)

    def iae(self, *words: str | Path, **options: Any) -> Done:
        """Run a command in a process of its own to its end, whatever its exit code."""
        return self.begun(*words, **options).ended()

    def iae_here(self, *arguments: str | Path) -> str:
        """Run a command that must succeed in this process, and return what it printed."""
        with environment(self.environment):
            return run(*arguments).stdout

    def refusal(self, *arguments: str | Path) -> str:
        """Run a command that must be refused in this process, and return the sentence."""
        with environment(self.environment):
            return error_of(*arguments)

    def load(self, *drops: Path) -> str:
        return self.iae_here("load", *drops)

    def run_dbt(self, *arguments: str) -> tuple[bool, str]:
        """Run dbt in this process: whether it succeeded and what it printed."""
        words = [*arguments, "--project-dir", str(PROJECT)]
        # A copy: dbt notes in the manifest what it compiles.
        result, printed = run_dbt(words, self.environment, manifest().deepcopy())
        return result.success, printed

    def dbt(self, *arguments: str) -> str:
        """Run dbt, which must succeed, and return what it printed."""
        succeeded, printed = self.run_dbt(*arguments)
        assert succeeded, printed
        return printed

    def publish(self) -> str:
        return self.iae_here("publish")

    def query(self, sql: str, *, path: Path | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse, read-only."""
        with duckdb.connect(str(path or self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """A pipeline with an empty warehouse of its own."""
    return Pipeline(tmp_path)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A warehouse to load into, which commands use too."""
    warehouse = Warehouse(tmp_path)
    monkeypatch.setenv("IAE_WAREHOUSE", str(warehouse.path))
    monkeypatch.setenv("IAE_SALT", SALT)
    monkeypatch.delenv("IAE_ARCHIVE_PASSWORD", raising=False)
    return warehouse


@pytest.fixture(params=["fcntl", "no fcntl"])
def locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How files are locked on Unix, then how on Windows."""
    if request.param == "no fcntl":
        monkeypatch.setattr("iae.disk.fcntl", None)


def do_without(thing: str, where: str) -> NoReturn:
    """Skip a test for want of something; in CI fail, unless IAE_TESTS_WITHOUT names the thing."""
    if os.environ.get("CI") and thing not in os.environ.get("IAE_TESTS_WITHOUT", ""):
        pytest.fail(f"needs {thing} ({where}), which CI must have", pytrace=False)
    pytest.skip(f"needs {thing} ({where})")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that all workers end together."""
    rank = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the end, in one line, what could not be tested for want of something."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    wants = Counter(reason.partition("needs ")[2] for reason in reasons if "needs " in reason)
    if wants:
        said = "; ".join(f"{number} tests need {want}" for want, number in wants.items())
        terminalreporter.write_line(f"NOT TESTED: {said}.", yellow=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real and reference data beside the project."""
    data = SHARED / "data"
    if not data.is_dir():
        do_without("the real data", "folder `shared` beside the project")
    return data


@pytest.fixture(scope="session")
def published_sample(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The whole pipeline run once on a small sample: written, loaded, built and published.

    `make test` has done so already, in the folder IAE_TEST_SAMPLE.
    """
    if done := os.environ.get("IAE_TEST_SAMPLE"):
        return Pipeline(Path(done).resolve())
    pipeline = Pipeline(tmp_path_factory.mktemp("sample"))
    drop = pipeline.folder / "drop"
    pipeline.iae_here("sample", drop, "--scale", "0.02")
    pipeline.load(drop)
    pipeline.dbt("build", "--quiet")
    pipeline.publish()
    return pipeline


@pytest.fixture(scope="session")
def compiled_project(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """The project as dbt compiles it; `make test` has done so already, with the sample."""
    if done := os.environ.get("IAE_TEST_SAMPLE"):
        pipeline = Pipeline(Path(done).resolve())
    else:
        # One process of the tests compiles it, and the others wait.
        root = tmp_path_factory.getbasetemp()
        root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
        pipeline = Pipeline(root / "compiled")
        with (root / "compiled.lock").open("w") as lock:
            flock(lock, LOCK_EX)
            if not pipeline.folder.exists():
                with opened_to_load(pipeline.warehouse):
                    pass
                pipeline.dbt("seed", "--quiet")
                pipeline.dbt("compile", "--quiet")
    return CompiledProject(pipeline.folder / "target", pipeline.warehouse)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Whatever Chromium or Chrome the machine has, without a window."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        do_without("a browser", f"on the PATH: {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_OPTIONS)
        yield browser
        browser.close()
