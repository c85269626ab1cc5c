"""Beyond one machine: the lake that `iae share` writes, and the open data read over HTTP."""

from __future__ import annotations

import functools
import http.server
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from conftest import Pipeline, do_without, environment
from iae.datapackage import read_tables
from iae.errors import IaeError
from iae.release.release import write_table
from iae.sharing.share import lake_python, share
from lake import (
    PASSWORD,
    Postgres,
    postgres_programs,
    read_lake,
    run_trial,
    running_postgres,
    write_variant,
)

TABLES_OF_THE_TRIAL = (
    *("audit_builds", "dim_editions", "dim_territories", "fct_composite_stock"),
    *("fct_stock_by_structure_type", "composite_stock", "territories"),
)


@pytest.fixture(scope="module")
def lake_environment() -> Path:
    python = lake_python()
    if not python.with_name("..").joinpath(".done").exists():
        do_without("the environment of iae share", "make setup-share")
    return python


@pytest.fixture(scope="module")
def postgres(lake_environment: Path) -> Iterator[Postgres]:
    programs = postgres_programs()
    if programs is None:
        do_without("PostgreSQL", "initdb on the PATH or in /usr/lib/postgresql")
    with running_postgres(programs) as running:
        yield running


@pytest.fixture
def as_owner(postgres: Postgres) -> Iterator[dict[str, str]]:
    """The variables of the owner of the database `marts`, set."""
    variables = postgres.environment("iae", "marts")
    with environment({**os.environ, **variables}):
        yield variables


@pytest.fixture(scope="module")
def lake(
    postgres: Postgres, published_sample: Pipeline, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The published sample, shared by the command in `lake`; what it printed is in `said`."""
    folder = tmp_path_factory.mktemp("shared")
    postgres.sql("create database marts")
    with environment({**os.environ, **postgres.environment("iae", "marts")}):
        (folder / "said").write_text(published_sample.iae_here("share", folder / "lake"))
    return folder


def test_the_lake_holds_what_is_published_once(
    lake: Path, as_owner: dict[str, str], published_sample: Pipeline
) -> None:
    again = share(published_sample.published, lake / "lake")
    assert (again.is_new, again.version) == (False, 1)
    found = read_lake(as_owner, "compare", published_sample.published)
    [(build, content)] = found["files"].items()
    assert found["versions"] == [[build, content]]
    assert found["now"] == [[build]]
    [(edition, description)] = published_sample.query(
        "select edition, comment from marts.dim_editions, duckdb_columns() "
        "where table_name = 'dim_territories' and column_name = 'territory_id'",
        path=published_sample.published,
    )
    # The first snapshot made the lake.
    assert found["snapshots"][1:] == [[1, "iae", f"edition {edition}, release 1"]]
    assert found["descriptions"]["dim_territories.territory_id"] == description
    rows = sum(rows for rows, _ in content.values())
    said = (lake / "said").read_text()
    assert f"edition {edition}, release 1: {len(content)} tables, {rows:,} rows" in said
    assert "at (version => 1)" in said
    assert {path.stat().st_mode & 0o777 for path in lake.rglob("*.parquet")} == {0o640}


def test_what_a_user_can_cause_is_one_sentence(
    lake: Path,
    as_owner: dict[str, str],
    postgres: Postgres,
    published_sample: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def refusal(published: Path = published_sample.published, **variables: str) -> str:
        folder = tmp_path if "PGDATABASE" in variables else lake / "lake"
        with environment({**os.environ, **variables}), pytest.raises(IaeError) as caught:
            share(published, folder)
        said = str(caught.value)
        assert PASSWORD not in said
        assert "\n" not in said
        return said

    postgres.sql("create database others")
    postgres.sql("grant select on all tables in schema public to reader", "marts")
    read_lake(
        postgres.environment("iae", "others"),
        *("sql", "ducklake postgres_scanner"),
        f"attach 'ducklake:postgres:' as lake (data_path '{tmp_path}')",
        "create schema lake.marts",
        "create table lake.marts.theirs as select 1 as one",
    )
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    other = write_variant(published_sample.published, tmp_path / "other", 7, TABLES_OF_THE_TRIAL)
    assert "run iae publish" in refusal(tmp_path / "absent.duckdb")
    assert "is not a published file" in refusal(empty)
    assert "PostgreSQL cannot be reached" in refusal(PGPASSWORD="another")
    assert "iae share did not write" in refusal(PGDATABASE="others")
    assert "permission denied" in refusal(other, PGUSER="reader")
    with postgres.locked_by_another("marts"):
        assert "is under way" in refusal(PGOPTIONS="-c lock_timeout=200ms")
    with pytest.raises(IaeError, match=f"keeps its files in {lake / 'lake'}"):
        share(published_sample.published, tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert "run make setup-share" in refusal()


def test_writers_and_readers_at_once_lose_nothing_and_see_whole_editions(
    postgres: Postgres, published_sample: Pipeline, tmp_path: Path
) -> None:
    trial = run_trial(
        postgres, published_sample.published, tmp_path, seconds=1, tables=TABLES_OF_THE_TRIAL
    )
    trial.check()
    assert trial.nb_kills
    assert len(trial.read["transactions"]) > 1, "readers saw one edition only"


class RangesHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files as web servers do: a range where one is asked for."""

    protocol_version = "HTTP/1.1"
    nb_bytes = 0

    def do_GET(self) -> None:
        content = Path(self.translate_path(self.path)).read_bytes()
        first, last = 0, len(content) - 1
        if asked := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            first, last = int(asked[1]), min(int(asked[2]), last)
        self.send_response(206 if asked else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[first : last + 1])
            RangesHandler.nb_bytes += last - first + 1

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def test_open_data_are_read_over_http_without_their_whole(
    lake_environment: Path, published_sample: Pipeline, tmp_path: Path
) -> None:
    query = "select count(*), sum(stock) from '{}' where territory_id = 'D59'"
    with duckdb.connect(str(published_sample.published), read_only=True) as connection:
        for table in read_tables(connection):
            if table.name in ("published_stock", "stock_by_structure_type"):
                write_table(connection, table, tmp_path)
    handler = functools.partial(RangesHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("published_stock", "stock_by_structure_type"):
            RangesHandler.nb_bytes = 0
            url = f"http://127.0.0.1:{server.server_port}/{name}.parquet"
            [row] = read_lake({}, "sql", "httpfs", query.format(url))
            in_file = duckdb.sql(query.format(tmp_path / f"{name}.csv")).fetchall()
            assert [tuple(map(int, row))] == [tuple(map(int, one)) for one in in_file]
            assert RangesHandler.nb_bytes < (tmp_path / f"{name}.csv").stat().st_size / 10
        server.shutdown()
