"""`iae publish`: what it refuses, what it writes, and that nobody ever sees half of an edition."""

from __future__ import annotations

import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from conftest import Pipeline
from iae.publishing.swap import publish
from iae.warehouse import opened

NB_ROWS = 200_000
GREEN = {"is_full": True, "status": "green", "load_ids": [1, 2]}


def write_warehouse(pipeline: Pipeline, *builds: dict[str, object], edition: int = 1) -> None:
    """A working file by hand, whose two marts both say in every row which edition they are of."""
    pipeline.warehouse.parent.mkdir(exist_ok=True)
    pipeline.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(pipeline.warehouse)) as connection:
        connection.execute(
            """
            create schema raw;
            create schema staging;
            create schema marts;
            create table raw.extracts (load_id integer, is_current boolean);
            insert into raw.extracts values (1, true), (2, true), (3, false);
            create table raw.builds (
                invocation_id varchar,
                command varchar,
                is_full boolean,
                started_at timestamp,
                ended_at timestamp,
                status varchar,
                nb_errors integer,
                warnings varchar[],
                load_ids integer[]
            );
            create table staging.person (name varchar);
            insert into staging.person values ('Personne Nommée');
            """
        )
        connection.execute(
            f"""
            create table marts.dim_edition (
                edition integer not null, name varchar, primary key (edition), check (edition > 0)
            );
            insert into marts.dim_edition values ({edition}, 'l''édition');
            comment on table marts.dim_edition is 'The edition: one row; l''unique.';
            comment on column marts.dim_edition.edition is 'Its number.';
            create table marts.fct_rows as
            select range as row_number, {edition} as edition from range({NB_ROWS});
            create view marts.audit_builds as
            select invocation_id, warnings from raw.builds;
            comment on view marts.audit_builds is 'The runs.';
            """
        )
        for number, build in enumerate(builds):
            row = {"nb_errors": 0, "warnings": [], "load_ids": [1, 2]} | build
            connection.execute(
                """
                insert into raw.builds
                values (
                    $id, 'dbt build', $is_full, timestamp '2022-01-01' + to_days($day), null,
                    $status, $nb_errors, $warnings, $load_ids
                )
                """,
                {"id": f"edition {edition}, run {number}", "day": number, **row},
            )


def publish_here(pipeline: Pipeline) -> None:
    """Publish in this process, where how the command behaves is not the question."""
    with opened(pipeline.warehouse, read_only=True) as connection:
        publish(connection, pipeline.published)


def edition_of(path: Path) -> int:
    """The edition of a published file, which must be whole."""
    with duckdb.connect(str(path), read_only=True) as connection:
        (row,) = connection.execute(
            """
            select
                (select edition from marts.dim_edition),
                (select min(edition) from marts.fct_rows),
                (select max(edition) from marts.fct_rows),
                (select count(*) from marts.fct_rows),
            """
        ).fetchall()
    edition, first, last, nb_rows = row
    assert (first, last, nb_rows) == (edition, edition, NB_ROWS)
    return int(edition)


def files_beside(pipeline: Pipeline) -> set[str]:
    return {path.name for path in pipeline.warehouse.parent.iterdir()}


@pytest.mark.parametrize(
    ("builds", "reason"),
    [
        ([], "Nothing has been built yet: run dbt build."),
        ([{**GREEN, "status": "running"}], "was stopped before its end: run dbt build again."),
        ([{**GREEN, "status": "failed", "nb_errors": 3}], "failed (3 errors)"),
        ([{**GREEN, "is_full": False}], "Only parts have been built"),
        ([GREEN, {**GREEN, "is_full": False, "status": "failed", "nb_errors": 1}], "(1 errors)"),
        ([GREEN, {**GREEN, "is_full": False, "status": "running"}], "was stopped before its end"),
        (
            [GREEN, {**GREEN, "status": "failed", "is_full": False}, {**GREEN, "is_full": False}],
            "failed",
        ),
        ([{**GREEN, "load_ids": [1]}], "Other extracts are current than those that were built"),
        ([GREEN, {**GREEN, "is_full": False, "load_ids": [1, 3]}], "Other extracts are current"),
    ],
    ids=[
        "nothing built",
        "killed",
        "failed",
        "only a part",
        "a part failed since",
        "a part was killed since",
        "a part failed since and another one is green",
        "an extract loaded since",
        "a part built on another extract",
    ],
)
def test_refuses(pipeline: Pipeline, builds: Sequence[dict[str, object]], reason: str) -> None:
    write_warehouse(pipeline, GREEN)
    publish_here(pipeline)
    write_warehouse(pipeline, *builds, edition=2)
    done = pipeline.iae("publish")
    assert done.returncode == 1
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert edition_of(pipeline.published) == 1


def test_check_publishes_nothing(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, GREEN)
    assert pipeline.iae("publish", "--check").returncode == 0
    write_warehouse(pipeline, {**GREEN, "status": "running"})
    assert pipeline.iae("publish", "--check").returncode == 1
    assert files_beside(pipeline) == {"build.duckdb"}


def test_refuses_without_a_warehouse(pipeline: Pipeline) -> None:
    done = pipeline.iae("publish")
    assert (done.returncode, "run iae load" in done.stderr) == (1, True)


def test_refuses_to_publish_over_the_working_file(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, GREEN)
    pipeline.warehouse.rename(pipeline.published)
    environment = pipeline.environment | {"IAE_WAREHOUSE": str(pipeline.published)}
    done = subprocess.run(
        [sys.executable, "-m", "iae", "publish"], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, "set IAE_WAREHOUSE to another" in done.stderr) == (1, True)


def test_a_failure_before_the_last_full_build_is_past(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, {**GREEN, "status": "failed"}, GREEN, {**GREEN, "is_full": False})
    pipeline.publish()
    assert edition_of(pipeline.published) == 1


def test_holds_the_marts_and_nothing_else(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, {**GREEN, "warnings": ["Half of Paris is missing: 2"]})
    assert "Warning: Half of Paris is missing: 2" in pipeline.publish()
    assert files_beside(pipeline) == {"build.duckdb", "iae.duckdb"}
    assert stat.S_IMODE(pipeline.published.stat().st_mode) == 0o640

    def read(sql: str) -> list[tuple[object, ...]]:
        return pipeline.query(sql, path=pipeline.published)

    assert read(
        "select schema_name, table_name, comment from duckdb_tables() order by table_name"
    ) == [
        ("marts", "audit_builds", "The runs."),
        ("marts", "dim_edition", "The edition: one row; l'unique."),
        ("marts", "fct_rows", None),
    ]
    assert read("select view_name from duckdb_views() where not internal") == []
    assert read("select column_name, comment from duckdb_columns() where comment is not null") == [
        ("edition", "Its number.")
    ]
    assert {kind for (kind,) in read("select constraint_type from duckdb_constraints()")} == {
        "PRIMARY KEY",
        "NOT NULL",
        "CHECK",
    }
    assert read("select * from marts.dim_edition") == [(1, "l'édition")]
    assert b"Personne Nomm" not in pipeline.published.read_bytes()
    # Written for DuckDB 1.2 and later: the number of that storage is 65, and 2.0's is higher.
    assert pipeline.published.read_bytes()[12:20] == (65).to_bytes(8, "little")


def test_publishing_again_does_nothing(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, GREEN)
    pipeline.publish()
    before = pipeline.published.stat()
    assert "holds the last build already" in pipeline.publish()
    assert pipeline.published.stat().st_ino == before.st_ino
    pipeline.published.write_bytes(b"not a database")
    pipeline.publish()
    assert edition_of(pipeline.published) == 1


def test_one_publication_at_a_time(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, GREEN)
    lock = (
        "import fcntl, os, sys\n"
        "fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", lock, pipeline.warehouse.parent],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        other.stdout.readline()
        done = pipeline.iae("publish")
        other.communicate()
    assert (done.returncode, "another publication is under way" in done.stderr) == (1, True)
    pipeline.publish()


def test_a_full_disk_leaves_the_last_edition(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, GREEN)
    pipeline.publish()
    write_warehouse(pipeline, GREEN, edition=2)
    done = subprocess.run(
        [sys.executable, "-m", "iae", "publish"],
        env=pipeline.environment,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "it is as before" in " ".join(done.stderr.split())
    assert edition_of(pipeline.published) == 1
    assert files_beside(pipeline) == {"build.duckdb", "iae.duckdb"}
    pipeline.publish()
    assert edition_of(pipeline.published) == 2


def test_killed_at_any_moment_loses_nothing(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, GREEN)
    pipeline.publish()
    command = [sys.executable, "-m", "iae", "publish"]
    write_warehouse(pipeline, GREEN, edition=2)
    began = time.monotonic()
    pipeline.publish()
    duration = time.monotonic() - began
    moments = random.Random(1)
    nb_killed = 0
    for edition in range(3, 23):
        write_warehouse(pipeline, GREEN, edition=edition)
        process = subprocess.Popen(
            command, env=pipeline.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        # Most of the time is Python's start: the second half is where the file is written.
        time.sleep(duration * moments.uniform(0.3, 1.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        nb_killed += process.returncode == -signal.SIGKILL
        assert edition_of(pipeline.published) in (edition - 1, edition)
        publish_here(pipeline)
        assert edition_of(pipeline.published) == edition
        assert files_beside(pipeline) == {"build.duckdb", "iae.duckdb"}
    assert nb_killed >= 10


READER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_publish import edition_of

editions = []
while not Path(sys.argv[3]).exists():
    editions.append(edition_of(Path(sys.argv[2])))
print(*editions)
"""


def test_readers_never_see_half_of_an_edition(pipeline: Pipeline) -> None:
    write_warehouse(pipeline, GREEN)
    pipeline.publish()
    stop = pipeline.folder / "stop"
    arguments = [Path(__file__).parent, pipeline.published, stop]
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    # A reader that stays connected keeps its edition and blocks nobody.
    with duckdb.connect(str(pipeline.published), read_only=True) as early:
        for edition in range(2, 12):
            write_warehouse(pipeline, GREEN, edition=edition)
            pipeline.publish()
        assert early.execute("select max(edition) from marts.fct_rows").fetchall() == [(1,)]
    stop.touch()
    for reader in readers:
        seen, faults = reader.communicate(timeout=60)
        assert reader.returncode == 0, faults
        editions = [int(edition) for edition in seen.split()]
        assert editions == sorted(editions)
        assert len(set(editions)) >= 3
    assert edition_of(pipeline.published) == 11


@pytest.fixture
def built_sample(published_sample: Pipeline, tmp_path: Path) -> Pipeline:
    """A copy of the sample's warehouse, to do with as one likes."""
    shutil.copytree(published_sample.warehouse.parent, tmp_path / "warehouse")
    return Pipeline(tmp_path)


def last_build(pipeline: Pipeline) -> tuple[object, ...]:
    return pipeline.query(
        "select is_full, status, nb_errors from raw.builds order by started_at desc limit 1"
    )[0]


def contents(path: Path) -> dict[str, object]:
    """Row count and checksum of every mart, but of the one that tells of the runs."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables()").fetchall()
        return {
            name: connection.execute(
                f"select count(*), bit_xor(hash(mart)) from marts.{name} as mart"
            ).fetchall()
            for (name,) in names
            if name != "audit_builds"
        }


def test_a_second_build_changes_nothing(published_sample: Pipeline) -> None:
    first = published_sample.folder / "first.duckdb"
    if not first.exists():  # `make test` has built twice and kept the first edition
        shutil.copy(published_sample.published, first)
        published_sample.dbt("build", "--quiet")
        assert "Published" in published_sample.publish()
    assert last_build(published_sample) == (True, "green", 0)
    before = contents(first)
    assert before["fct_stock_by_structure_type"] != [(0, None)]
    assert contents(published_sample.published) == before


def test_parts_must_be_green_on_top_of_a_full_build(built_sample: Pipeline) -> None:
    built_sample.dbt("build", "--quiet", "--select", "dim_structure_types")
    assert last_build(built_sample) == (False, "green", 0)
    built_sample.publish()
    runs = "select command, is_full from marts.audit_builds order by started_at"
    assert built_sample.query(runs, path=built_sample.published) == [
        ("dbt build", True),
        ("dbt build --select dim_structure_types", False),
    ]

    with duckdb.connect(str(built_sample.warehouse)) as connection:
        connection.execute(
            "delete from marts.fct_stock_by_structure_type where territory_id = 'NL'"
        )
    succeeded, _ = built_sample.run_dbt("test", "--select", "fct_stock_by_structure_type")
    assert not succeeded
    is_full, status, nb_errors = last_build(built_sample)
    assert (is_full, status) == (False, "failed")
    assert isinstance(nb_errors, int)
    assert nb_errors > 0
    refused = built_sample.iae("publish")
    assert (refused.returncode, "failed" in refused.stderr) == (1, True)

    # A whole build without its tests goes out, and says so to every reader.
    without_tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    built_sample.dbt("build", "--quiet", *without_tests)
    assert last_build(built_sample) == (True, "green", 0)
    assert "Warning: Data tests that the build left out: " in built_sample.publish()
    ((warning,),) = built_sample.query(
        "select warnings[1] from marts.audit_builds", path=built_sample.published
    )
    assert warning.startswith("Data tests that the build left out: ")


def test_a_killed_build_is_not_published(built_sample: Pipeline) -> None:
    build = subprocess.Popen(
        [sys.executable, "-m", "dbt.cli.main", "build"],
        cwd=Path(__file__).parents[2],
        env=built_sample.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert build.stdout
    for line in build.stdout:
        if "created sql" in line:
            break
    build.kill()
    build.communicate()
    assert last_build(built_sample) == (False, "running", None)
    refused = built_sample.iae("publish")
    assert (refused.returncode, "was stopped" in refused.stderr) == (1, True)


def test_dbt_says_to_load_first(pipeline: Pipeline) -> None:
    pipeline.warehouse.parent.mkdir()
    succeeded, printed = pipeline.run_dbt("build")
    assert not succeeded
    assert "Run `iae load` first" in printed
