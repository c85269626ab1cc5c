"""A PostgreSQL of the test's own, and a trial of the lake: many write and read it at once.

python -m lake PUBLISHED SECONDS         the trial, from tests/python; prints what was seen
"""

from __future__ import annotations

import getpass
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from iae.publishing.swap import STORAGE_VERSION
from iae.sharing.share import lake_python

PASSWORD = "a password of the tests"
NB_WRITERS = 2
NB_READERS = 20
READING = Path(__file__).with_name("lake_reading.py")


def postgres_programs() -> Path | None:
    """The folder of initdb and its like, which Debian does not put on the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@dataclass(frozen=True)
class Postgres:
    """A cluster that listens on a socket of its own folder, and on no port."""

    programs: Path
    folder: Path
    user: str | None

    def run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self.programs / program, *words],
            user=self.user,
            cwd=self.folder,
            env={**os.environ, **self.environment("iae", "postgres")},
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def environment(self, role: str, database: str) -> dict[str, str]:
        return {
            "PGHOST": str(self.folder),
            "PGUSER": role,
            "PGDATABASE": database,
            "PGPASSWORD": PASSWORD,
        }

    def sql(self, statement: str, database: str = "postgres") -> None:
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement)

    @contextmanager
    def locked_by_another(self, database: str) -> Iterator[None]:
        """Hold the lock that a publication holds."""
        with subprocess.Popen(
            [self.programs / "psql", "-qAt"],
            env={**os.environ, **self.environment("iae", database)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other:
            assert other.stdin
            assert other.stdout
            other.stdin.write("select pg_advisory_lock(hashtext('iae share'));\n")
            other.stdin.flush()
            assert other.stdout.readline() == "\n"
            yield
            other.stdin.close()


@contextmanager
def running_postgres(programs: Path) -> Iterator[Postgres]:
    """A new cluster, with the roles iae, who owns it, and reader; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="iae-postgres-") as name:
        folder = Path(name)
        is_root = getpass.getuser() == "root"  # whom PostgreSQL refuses
        postgres = Postgres(programs, folder, "postgres" if is_root else None)
        (folder / "password").write_text(PASSWORD)
        if is_root:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres")
        data, log = str(folder / "data"), str(folder / "log")
        words = ["-A", "scram-sha-256", "-U", "iae", "--pwfile", str(folder / "password")]
        postgres.run("initdb", "--no-sync", "--no-instructions", *words, "-D", data)
        options = f"-c listen_addresses= -c unix_socket_directories={folder}"
        postgres.run("pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", options)
        try:
            postgres.sql(f"create role reader login password '{PASSWORD}'")
            yield postgres
        finally:
            postgres.run("pg_ctl", "stop", "-m", "immediate", "-D", data)


def reading(environment: dict[str, str], *words: str | Path) -> subprocess.Popen[str]:
    """`lake_reading.py`, begun."""
    return subprocess.Popen(
        [lake_python(), READING, *map(str, words)],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def found_by(reader: subprocess.Popen[str]) -> Any:
    """What `lake_reading.py` has found, once its stdin is closed."""
    said, faults = reader.communicate()
    assert reader.returncode == 0, faults
    return json.loads(said)


def read_lake(environment: dict[str, str], *words: str | Path) -> Any:
    return found_by(reading(environment, *words))


def write_variant(
    published: Path, folder: Path, number: int, tables: tuple[str, ...] | None
) -> Path:
    """Another publication: an edition of its own, whose tables lack as many rows as its number."""
    folder.mkdir(parents=True)
    path = folder / "iae.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published}' as published (read_only)")
        connection.execute(f"attach '{path}' as variant (storage_version '{STORAGE_VERSION}')")
        for schema in ("marts", "open_data"):
            connection.execute(f"create schema variant.{schema}")
        replaced = {
            "audit_builds": f"* replace ('build {number:04}' as invocation_id)",
            "dim_editions": f"* replace ({number} as release)",
        }
        for schema, table, nb_rows in connection.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables() "
            "where database_name = 'published'"
        ).fetchall():
            if tables is None or table in tables:
                connection.execute(
                    f"create table variant.{schema}.{table} as "
                    f"select {replaced.get(table, '*')} from published.{schema}.{table} "
                    f"offset {number if number < nb_rows else 0}"
                )
    return path


@dataclass
class Trial:
    """What was written and read at once."""

    written: list[Path] = field(default_factory=list)
    nb_kills: int = 0
    seconds: float = 0
    read: dict[str, Any] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Nothing is lost, nothing was half seen, and each edition can be reached."""
        files, versions = self.found["files"], self.found["versions"]
        assert len(files) == len(self.written)
        assert sorted(build for build, _ in versions) == sorted(files)
        for build, content in versions:
            assert content == files[build], build
        assert self.read["faults"] == []
        for build, tables in self.read["seen"].items():
            for table, contents in tables.items():
                assert contents == [files[build][table]], (build, table)


def run_trial(
    postgres: Postgres,
    published: Path,
    folder: Path,
    seconds: float,
    *,
    tables: tuple[str, ...] | None = None,
) -> Trial:
    """Share one edition after another from each writer, and read them all the while.

    Every third edition is shared twice: the first time, the command is killed while it writes.
    """
    postgres.sql("create database trial")
    postgres.sql(
        "alter default privileges in schema public grant select on tables to reader", "trial"
    )
    ours = postgres.environment("iae", "trial")
    theirs = postgres.environment("reader", "trial")
    lake = folder / "lake"
    trial = Trial()
    numbers = itertools.count(1)

    def next_variant() -> Path:
        number = next(numbers)
        return write_variant(published, folder / f"{number:04}", number, tables)

    def nb_files() -> int:
        return sum(1 for _ in lake.rglob("*.parquet"))

    def share(variant: Path, *, kill_after: int | None = None) -> None:
        """Run the command; kill it when as many files as `kill_after` have come into the lake."""
        before = nb_files()
        sharing = subprocess.Popen(
            [sys.executable, "-m", "iae", "share", str(lake)],
            env={**os.environ, **ours, "IAE_WAREHOUSE": str(variant.with_name("build.duckdb"))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        while kill_after and sharing.poll() is None:
            if nb_files() - before >= kill_after:
                os.killpg(sharing.pid, signal.SIGKILL)
                trial.nb_kills += 1
                break
            time.sleep(0.01)
        said, _ = sharing.communicate()
        assert kill_after or sharing.returncode == 0, said

    def one_writer(seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < end:
            variant = next_variant()
            if int(variant.parent.name) % 3 == 0:
                share(variant, kill_after=chance.randint(1, 5))
            share(variant)
            trial.written.append(variant)

    first = next_variant()
    share(first)
    trial.written.append(first)
    readers = reading(theirs, "read", str(NB_READERS))
    assert readers.stdout
    assert readers.stdout.readline() == "ready\n"
    begin = time.monotonic()
    end = begin + seconds
    with ThreadPoolExecutor(NB_WRITERS) as writers:
        ends = [writers.submit(one_writer, seed) for seed in range(NB_WRITERS)]
    trial.read = found_by(readers)
    trial.seconds = time.monotonic() - begin
    for one in ends:
        one.result()
    trial.found = read_lake(theirs, "compare", *trial.written)
    return trial


if __name__ == "__main__":
    programs = postgres_programs()
    assert programs, "no PostgreSQL here"
    with running_postgres(programs) as cluster, tempfile.TemporaryDirectory() as scratch:
        done = run_trial(cluster, Path(sys.argv[1]), Path(scratch), float(sys.argv[2]))
        done.check()
        lake = Path(scratch) / "lake"
        size = sum(path.stat().st_size for path in lake.rglob("*.parquet"))
        reads = done.read["transactions"]
        print(
            f"{done.seconds:.0f} s: {len(done.written)} editions shared, {done.nb_kills} killed, "
            f"{sum(reads.values())} reading transactions of {len(reads)} editions, "
            f"{len(done.found['files'][min(reads)])} tables each; {size / 1e6:.1f} MB of Parquet"
        )
