"""Why a warehouse does not open, one sentence per cause, for `iae` and for dbt; and its path."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import pytest
from dbt_common.exceptions import DbtRuntimeError

from conftest import PROJECT
from iae.errors import IaeError
from iae.paths import as_path, warehouse_path
from iae.warehouse import opened
from loading import open_elsewhere

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A warehouse with a table."""
    path = tmp_path / "data" / "build.duckdb"
    with opened(path) as connection:
        connection.execute("create table numbers as select range::varchar as n from range(100000)")
    return path


def refusal(path: Path, *, read_only: bool = False) -> str:
    with pytest.raises(IaeError) as caught, opened(path, read_only=read_only):
        pass
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def of_a_newer_duckdb(warehouse: bytes) -> bytes:
    """The storage version in the header, and the sum that DuckDB checks it with."""
    content = bytearray(warehouse)
    content[12:20] = struct.pack("<Q", 5000)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", content[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
    content[:8] = struct.pack("<Q", checksum)
    return content


def damaged(warehouse: bytes) -> bytes:
    content = bytearray(warehouse)
    for place in range(4096, len(content), 500):
        content[place] ^= 0xFF
    return content


# How each is made in the place of a warehouse, whose bytes are given, and what is said of it.
IN_ITS_PLACE: dict[str, tuple[Callable[[Path, bytes], object], str]] = {
    "a folder": (lambda path, _: path.mkdir(), "is a folder; IAE_WAREHOUSE names a file"),
    "an empty file": (lambda path, _: path.touch(), "is empty, not a DuckDB database"),
    "a SQLite file": (
        lambda path, _: path.write_bytes(b"SQLite format 3\0" + bytes(4096)),
        "is something else, not a DuckDB database",
    ),
    "made by a newer DuckDB": (
        lambda path, warehouse: path.write_bytes(of_a_newer_duckdb(warehouse)),
        "was made by a newer DuckDB",
    ),
    "damaged": (
        lambda path, warehouse: path.write_bytes(damaged(warehouse)),
        "is damaged; put a copy back",
    ),
    "cut": (
        lambda path, warehouse: path.write_bytes(warehouse[:20_000]),
        "is damaged; put a copy back",
    ),
    "a device": (lambda path, _: os.mkfifo(path), "is a device, not a file"),
    "a link to nothing": (lambda path, _: path.symlink_to("elsewhere"), "is a link to nothing"),
    "a link to itself": (lambda path, _: path.symlink_to(path), "is a link to nothing"),
}


@pytest.mark.parametrize(("make", "said"), IN_ITS_PLACE.values(), ids=IN_ITS_PLACE)
@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_warehouse(
    path: Path, make: Callable[[Path, bytes], object], said: str, read_only: bool
) -> None:
    warehouse = path.read_bytes()
    path.unlink()
    make(path, warehouse)
    changed = path.lstat().st_mtime_ns
    assert refusal(path, read_only=read_only).startswith(f"{path}: {said}")
    assert path.lstat().st_mtime_ns == changed


def test_a_warehouse_that_another_process_has_just_made(path: Path) -> None:
    warehouse = path.read_bytes()
    path.write_bytes(b"")
    timer = Timer(0.05, path.write_bytes, [warehouse])
    timer.start()
    with opened(path, read_only=True) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
    timer.join()


def test_a_warehouse_that_is_not_there(path: Path) -> None:
    gone = path.with_name("gone.duckdb")
    assert "there is no such file. Run `iae load` first" in refusal(gone, read_only=True)
    assert not gone.exists()
    gone = path.parent / "no" / "gone.duckdb"
    assert f"there is no folder {gone.parent}" in refusal(gone, read_only=True)
    below_a_file = path / "gone.duckdb"
    for read_only in (True, False):
        assert "folder" in refusal(below_a_file, read_only=read_only)


@pytest.mark.parametrize(
    "name",
    [
        *("raw.duckdb", "landing.duckdb", "main.duckdb", "temp.db", "system", "memory.duckdb"),
        *("RAW.duckdb", "marts.duckdb", "raw.2022.duckdb", ".raw.duckdb", ":memory:"),
        *("l'iae.duckdb", 'a"b.duckdb', "a?b.duckdb", "a#b.duckdb", "s3://bucket/a.duckdb"),
    ],
)
def test_names_that_duckdb_or_dbt_take_for_something_else(tmp_path: Path, name: str) -> None:
    place = Path(name) if ":" in name else tmp_path / name
    assert "name another file in IAE_WAREHOUSE" in refusal(place)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["with space", "l'été", "raw", "a.b", "a%20b"])
def test_names_of_folders_that_are_accepted(tmp_path: Path, folder: str) -> None:
    with opened(tmp_path / folder / "build.duckdb") as connection:
        assert connection.execute("select current_database()").fetchall() == [("build",)]


AS_NOBODY = """
import os, sys
from pathlib import Path
from iae.errors import IaeError
from iae.warehouse import opened
if os.geteuid() == 0:
    os.setgroups([]), os.setgid({nobody}), os.setuid({nobody})
try:
    with opened(Path(sys.argv[1]), read_only=sys.argv[2] == "read"):
        print("opened")
except IaeError as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")
def test_a_warehouse_of_somebody_else(path: Path) -> None:
    for folder in [path.parent, *path.parents]:
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):  # noqa: S108
            folder.chmod(0o755)

    def said(how: str) -> str:
        command = [sys.executable, "-c", AS_NOBODY.format(nobody=NOBODY), str(path), how]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert f"{path}: cannot be read by nobody, for it belongs to root (mode 600)" in said("read")
    path.chmod(0o644)
    assert said("read") == "opened\n"
    assert "cannot be written by nobody, for it belongs to root" in said("write")
    path.parent.chmod(0o700)
    assert f"{path.parent}: cannot be entered by nobody" in said("read")


def test_a_read_only_file_system() -> None:
    places = [
        Path(words[1])
        for words in map(str.split, Path("/proc/mounts").read_text().splitlines())
        if "ro" in words[3].split(",") and Path(words[1]).is_dir()
    ]
    if not places:
        pytest.skip("needs a file system that is mounted read-only")
    assert "its file system is read-only" in refusal(places[0] / "build.duckdb")


def test_memory_that_is_no_size(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAE_MEMORY_LIMIT", "lots")
    assert refusal(path) == "IAE_MEMORY_LIMIT is no size of memory; give one such as 2GB."


# Held by another process


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    with open_elsewhere(path) as process:
        yield process


def test_who_holds_it_is_said_at_once(
    path: Path, holder: subprocess.Popen[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert f"is in use by process {holder.pid} (python" in refusal(path)
    with pytest.raises(IaeError), opened(path, wait_seconds=0.3):
        pass
    assert f"process {holder.pid}" in capfd.readouterr().err


def test_dbt_says_who_holds_it(path: Path, holder: subprocess.Popen[str], tmp_path: Path) -> None:
    """With the project's own profile, on a project that is read in no time."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "models" / "one.sql").write_text("select 1 as one")
    (project / "dbt_project.yml").write_text("{name: tiny, version: 1.0.0, profile: iae}")
    shutil.copy(PROJECT / "profiles.yml", project)
    done = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--quiet", "build"],
        cwd=project,
        env=os.environ | {"IAE_WAREHOUSE": str(path), "DBT_PROFILES_DIR": ".", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert f"is in use by process {holder.pid}" in done.stdout
    [seconds] = re.findall(r"waiting for (\d+) seconds", done.stderr)
    assert int(seconds) <= 10


def connected_by_dbt(path: str) -> None:
    # dbt takes seconds to import, and most files of tests do without it.
    from dbt.adapters.duckdb.credentials import DuckDBCredentials, PluginConfig
    from dbt.adapters.duckdb.environments import create

    create(DuckDBCredentials(path=path, plugins=[PluginConfig(module="iae.dbt_guard")])).handle()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iae.dbt_guard.WAIT_SECONDS", 0.5)
    monkeypatch.setattr("iae.dbt_guard.Plugin._refusals", {})


@pytest.mark.usefixtures("impatient", "holder")
def test_dbt_waits_once_however_often_it_asks(path: Path) -> None:
    began = time.monotonic()
    for _ in range(6):
        with pytest.raises(DbtRuntimeError, match="is in use by process"):
            connected_by_dbt(str(path))
    assert time.monotonic() - began < 2


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no/build.duckdb", "there is no folder"),
        ("gone.duckdb", "there is no such file. Run `iae load` first"),
        ("raw.duckdb", "is taken for the schema raw"),
    ],
)
def test_dbt_makes_no_warehouse(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(DbtRuntimeError, match=re.escape(said)):
        connected_by_dbt(str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


# One rule for paths


@pytest.mark.usefixtures("impatient")
def test_the_tilde_is_the_home_for_iae_and_dbt(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("IAE_WAREHOUSE", "~/build.duckdb")
    monkeypatch.chdir(tmp_path)
    assert warehouse_path() == path
    connected_by_dbt("~/build.duckdb")
    assert list(tmp_path.iterdir()) == [path.parent]


def test_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert as_path("~/drops/l'été 2022") == Path("/home/somebody/drops/l'été 2022")
    assert as_path("~") == Path("/home/somebody")
    assert as_path("~nobodyofthatname/x") == Path("~nobodyofthatname/x")
    assert as_path("a/~/b") == Path("a/~/b")
    monkeypatch.setenv("IAE_WAREHOUSE", "")
    assert warehouse_path() == Path("warehouse/build.duckdb")
