"""Killed, without room, searched: whatever happens to a load or a publication, what was there is
there, the same command then succeeds, and no personal data is left anywhere."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import Pipeline
from iae.sample import write_sample
from loading import write_fluxiae
from processes import killed_at, seconds_of, started

NB_LOADS_KILLED = 6

# Wherever it begins: what is stored may follow what is stored before it without a space.
NIR = re.compile(rb"(?=([123478]\d{4}(?:\d\d|2[AB])\d{6}))")


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sample."""
    folder = tmp_path_factory.mktemp("small") / "drop"
    write_sample(folder, scale=0.005)
    return folder


@pytest.fixture
def loaded(tmp_path: Path) -> Pipeline:
    """A warehouse that holds a small extract, older than those of the samples."""
    pipeline = Pipeline(tmp_path)
    drop = write_fluxiae(tmp_path / "older", stamp="10012018_112211")
    (drop / "SYNTHETIC.md").write_text("synthetic, as the samples are")
    pipeline.load(drop)
    return pipeline


def state(pipeline: Pipeline) -> list[tuple[object, ...]]:
    """Extracts, landed tables with their number of rows, and what the raw views show."""
    rows = pipeline.query("select source, extract_date, is_current, nb_rows from raw.extracts")
    for schema, kind in (("landing", "table"), ("raw", "view")):
        for (name,) in pipeline.query(
            f"select {kind}_name from duckdb_{kind}s() where schema_name = '{schema}'"
        ):
            [counted] = pipeline.query(f"select count(*) from {schema}.{name}")
            # A load that was killed has used up its number.
            rows.append((re.sub(r"__\d+", "__", name), counted))
    return sorted(rows, key=str)


def test_loads_killed_at_any_moment(
    loaded: Pipeline, published_sample: Pipeline, tmp_path: Path
) -> None:
    # Its load takes a second or more.
    source = published_sample.folder / "drop" / "asp_fluxiae"
    whole = Pipeline(tmp_path / "whole")
    shutil.copytree(loaded.warehouse.parent, whole.warehouse.parent)
    seconds = seconds_of(["load", source], whole.environment)
    before, after = state(loaded), state(whole)
    saved = loaded.warehouse.read_bytes()
    moments = random.Random(20260101)
    nb_killed = 0
    while nb_killed < NB_LOADS_KILLED:
        load = started(["load", source], loaded.environment)
        nb_killed += killed_at(load, moments.uniform(0.02, seconds))
        found = state(loaded)
        assert found in (before, after)
        if found == after:
            loaded.warehouse.write_bytes(saved)
    loaded.load(source)
    assert state(loaded) == after


def refusal(pipeline: Pipeline, drop: Path, **options: Any) -> str:
    """What is said of a load that changes nothing."""
    before = state(pipeline)
    done = pipeline.iae("load", drop / "asp_fluxiae", **options)
    assert done.code == 1, done.said
    assert re.fullmatch(r"Left alone: .*\nError: .*\n", done.said), done.said
    assert state(pipeline) == before
    return done.said


# Found missing while rows are landed, or when they are committed.
@pytest.mark.parametrize("room", [0, 300_000, 3_000_000])
def test_no_room_on_the_disk(loaded: Pipeline, drop: Path, room: int) -> None:
    refusal(loaded, drop, largest_file=loaded.warehouse.stat().st_size + room)
    loaded.load(drop / "asp_fluxiae")


def test_too_little_memory(loaded: Pipeline, drop: Path) -> None:
    assert "IAE_MEMORY_LIMIT" in refusal(loaded, drop, IAE_MEMORY_LIMIT="20MB")


def test_no_personal_data_is_left_anywhere(drop: Path, tmp_path: Path) -> None:
    """Loads with faults of every kind, a killed one, a whole one; every file is searched."""
    [salarie] = (drop / "asp_fluxiae").glob("fluxIAE_Salarie_*")
    numbers, names = persons_of(salarie)
    assert len(numbers) > 1_000
    assert len(names) > 10
    pipeline = Pipeline(tmp_path / "run")
    faulty = tmp_path / "faulty" / "asp_fluxiae"
    shutil.copytree(drop / "asp_fluxiae", faulty)
    lines = salarie.read_bytes().splitlines(keepends=True)
    shown = []
    for content, options in (
        ([*lines[:9], lines[9].replace(b"|", b"", 1), *lines[10:]], ["--max-rejected", "1"]),
        ([*lines[:9], lines[9].replace(b"|", b"|\xff", 1), *lines[10:]], ["--max-rejected", "0"]),
        (lines[: len(lines) // 2], []),
        ([*lines[:2], *(line.replace(b"|", b";") for line in lines[2:])], []),
    ):
        (faulty / salarie.name).write_bytes(b"".join(content))
        shown.append(pipeline.iae("load", faulty, *options).said)
    assert killed_at(started(["load", drop], pipeline.environment), 0.15)
    shown.append(pipeline.load(drop))
    shown.append(pipeline.iae("status").said)
    files = [path for path in pipeline.folder.rglob("*") if path.is_file()]
    assert pipeline.warehouse in files
    for content in [text.encode() for text in shown] + [path.read_bytes() for path in files]:
        assert not holds_a_person(content, numbers, names)
    assert pipeline.query("select count(*) > 0, count(raw_text) from raw.rejected_rows") == [
        (True, 0)
    ]


def persons_of(salarie: Path) -> tuple[set[bytes], set[bytes]]:
    """The usable social security numbers and the family names of the sample's persons."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            select upper(replace(salarie_nir, ' ', ''))[:13], salarie_nom_usage
            from read_csv(
                ?, delim = '|', quote = '', all_varchar = true, null_padding = true,
                strict_mode = false
            )
            """,
            [str(salarie)],
        ).fetchall()
    numbers = {nir.encode() for nir, _ in rows if nir and NIR.match(nir.encode())}
    names = {name.encode() for _, name in rows if name and len(name) >= 12}
    return {number for number in numbers if len(set(number)) > 1}, names


def holds_a_person(content: bytes, numbers: set[bytes], names: set[bytes]) -> bool:
    """Whether one of the numbers or of the names is anywhere in a file."""
    return not numbers.isdisjoint(found[1] for found in NIR.finditer(content)) or any(
        name in content for name in names
    )
