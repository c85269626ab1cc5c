"""`iae publish`: what it refuses, what it writes, and that nobody ever sees half of an edition."""

from __future__ import annotations

import random
import stat
from pathlib import Path

import duckdb

from compiled_project import CompiledProject
from conftest import Pipeline
from iae.disk import held
from iae.publishing.swap import publish
from iae.warehouse import opened
from loading import begun
from processes import killed_at, seconds_of, started

NB_ROWS = 200_000
NB_PUBLICATIONS_KILLED = 6


def write_warehouse(pipeline: Pipeline, edition: int = 1, reason: str | None = None) -> None:
    """A working file by hand, whose two marts both say in every row which edition they are of.

    `reason` is what the proof says against publishing it.
    """
    pipeline.warehouse.parent.mkdir(exist_ok=True)
    pipeline.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(pipeline.warehouse)) as connection:
        connection.execute(
            f"""
            create schema raw;
            create schema staging;
            create schema intermediate;
            create schema marts;
            create table staging.person (name varchar);
            insert into staging.person values ('Personne Nommée');

            create table marts.dim_edition (
                edition integer not null, name varchar, primary key (edition), check (edition > 0)
            );
            insert into marts.dim_edition values ({edition}, 'l''édition');
            comment on table marts.dim_edition is 'The edition: one row; l''unique.';
            comment on column marts.dim_edition.edition is 'Its number.';
            create table marts.fct_rows as
            select range as row_number, {edition} as edition from range({NB_ROWS});
            create view marts.audit_builds as
            select
                'run {edition}' as invocation_id,
                timestamp '2022-01-01' as started_at,
                ['Half of Paris is missing: 2'] as warnings;
            comment on view marts.audit_builds is 'The runs.';

            create table raw.project_files (path varchar, digest varchar);
            create table raw.project_files_on_disk (path varchar, digest varchar);
            create table intermediate.int_publication_proof as
            select
                'model.iae.' || table_name as unique_id,
                'marts' as schema_name,
                table_name,
                null::varchar as reason,
                1 as reason_rank,
            from (values ('audit_builds'), ('dim_edition'), ('fct_rows')) as names (table_name);
            """
        )
        connection.execute("update intermediate.int_publication_proof set reason = ?", [reason])


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


def test_refuses_what_is_not_proven(pipeline: Pipeline) -> None:
    write_warehouse(pipeline)
    publish_here(pipeline)
    write_warehouse(pipeline, edition=2, reason="marts.fct_rows was not built: run dbt build.")
    said = "Error: marts.fct_rows was not built: run dbt build."
    assert pipeline.refusal("publish") == said
    assert edition_of(pipeline.published) == 1


def test_check_publishes_nothing(pipeline: Pipeline) -> None:
    write_warehouse(pipeline)
    pipeline.iae_here("publish", "--check")
    write_warehouse(pipeline, reason="Something was not built: run dbt build.")
    assert "was not built" in pipeline.refusal("publish", "--check")
    assert files_beside(pipeline) == {"build.duckdb"}


def test_refuses_without_a_warehouse(pipeline: Pipeline) -> None:
    assert "run iae load" in pipeline.refusal("publish")


def test_refuses_to_publish_over_the_working_file(pipeline: Pipeline) -> None:
    write_warehouse(pipeline)
    pipeline.warehouse.rename(pipeline.published)
    done = pipeline.iae("publish", IAE_WAREHOUSE=str(pipeline.published))
    assert (done.code, "set IAE_WAREHOUSE to another" in done.said) == (1, True)


def test_a_folder_in_the_place_of_the_published_file_is_named(pipeline: Pipeline) -> None:
    write_warehouse(pipeline)
    (pipeline.published / "mine").mkdir(parents=True)
    for command in ("publish", "summary", "site", "release"):
        assert "is a folder, in the place of the published file" in pipeline.refusal(command)
    assert (pipeline.published / "mine").is_dir()


def test_holds_the_marts_and_nothing_else(pipeline: Pipeline) -> None:
    write_warehouse(pipeline)
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
    write_warehouse(pipeline)
    pipeline.publish()
    before = pipeline.published.stat()
    assert "holds the last build already" in pipeline.publish()
    assert pipeline.published.stat().st_ino == before.st_ino
    pipeline.published.write_bytes(b"not a database")
    pipeline.publish()
    assert edition_of(pipeline.published) == 1


def test_one_publication_at_a_time(pipeline: Pipeline) -> None:
    """Each lock itself is tried in test_disk.py."""
    write_warehouse(pipeline)
    with held(pipeline.warehouse.with_name("publication.lock"), "held"):
        done = pipeline.iae("publish")
    assert (done.code, "another publication is under way" in done.said) == (1, True)
    pipeline.publish()
    assert edition_of(pipeline.published) == 1


def test_a_full_disk_leaves_the_last_edition(pipeline: Pipeline) -> None:
    write_warehouse(pipeline)
    pipeline.publish()
    write_warehouse(pipeline, edition=2)
    done = pipeline.iae("publish", largest_file=300_000)
    assert (done.code, "Traceback" in done.said) == (1, False)
    assert "it is as before" in " ".join(done.said.split())
    assert edition_of(pipeline.published) == 1
    assert files_beside(pipeline) == {"build.duckdb", "iae.duckdb"}
    pipeline.publish()
    assert edition_of(pipeline.published) == 2


def test_killed_at_any_moment_loses_nothing(pipeline: Pipeline) -> None:
    write_warehouse(pipeline)
    pipeline.publish()
    write_warehouse(pipeline, edition=2)
    seconds = seconds_of(["publish"], pipeline.environment)
    moments = random.Random(1)
    edition = 2
    nb_killed = 0
    while nb_killed < NB_PUBLICATIONS_KILLED:
        edition += 1
        write_warehouse(pipeline, edition=edition)
        publication = started(["publish"], pipeline.environment)
        nb_killed += killed_at(publication, moments.uniform(0.02, seconds))
        assert edition_of(pipeline.published) in (edition - 1, edition)
        publish_here(pipeline)
        assert edition_of(pipeline.published) == edition
        assert files_beside(pipeline) == {"build.duckdb", "iae.duckdb"}


READER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_publish import edition_of

assert edition_of(Path(sys.argv[2])) == 1
print("begun")
while not Path(sys.argv[3]).exists():
    print(edition_of(Path(sys.argv[2])))
"""


def test_readers_never_see_half_of_an_edition(pipeline: Pipeline) -> None:
    write_warehouse(pipeline)
    pipeline.publish()
    stop = pipeline.folder / "stop"
    arguments = [Path(__file__).parent, pipeline.published, stop]
    # Both read before the next edition comes.
    with begun(READER, *arguments) as one, begun(READER, *arguments) as other:
        # A reader that stays connected keeps its edition and blocks nobody.
        with duckdb.connect(str(pipeline.published), read_only=True) as early:
            for edition in range(2, 8):
                write_warehouse(pipeline, edition=edition)
                publish_here(pipeline)
            assert early.execute("select max(edition) from marts.fct_rows").fetchall() == [(1,)]
        stop.touch()
        for reader in (one, other):
            seen, _ = reader.communicate(timeout=60)
            assert reader.returncode == 0
            editions = [int(edition) for edition in seen.split()]
            assert editions == sorted(editions)
            assert len(set(editions)) >= 3
    assert edition_of(pipeline.published) == 7


def test_a_second_build_gives_the_same_marts(
    published_sample: Pipeline, pipeline: Pipeline, compiled_project: CompiledProject
) -> None:
    pipeline.warehouse.parent.mkdir()
    with duckdb.connect(str(pipeline.warehouse)) as connection:
        connection.execute(f"attach '{published_sample.warehouse}' as sample (read_only)")
        connection.execute("create schema raw")
        names = (
            "select table_name from information_schema.tables "
            "where table_catalog = '{}' and table_schema = '{}' and table_name != 'editions'"
        )
        for (name,) in connection.execute(names.format("sample", "raw")).fetchall():
            connection.execute(f"create table raw.{name} as from sample.raw.{name}")
    compiled_project.build(pipeline.warehouse)
    with duckdb.connect(str(pipeline.warehouse)) as connection:
        connection.execute(f"attach '{published_sample.warehouse}' as sample (read_only)")
        marts = {name for (name,) in connection.execute(names.format("sample", "marts")).fetchall()}
        # The models in SQL: the rounding in Python is tested by itself.
        for name in marts - {"audit_rounding"}:
            again = connection.table(f"marts.{name}")
            first = connection.table(f"sample.marts.{name}").select(*again.columns)
            assert (len(again), len(again.except_(first))) == (len(first), 0), name
        assert len(connection.table("marts.fct_stock_by_structure_type")) > 0
