"""The archive of editions: what was published is kept, once, and the next build reads it back."""

from __future__ import annotations

import datetime as dt
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import processes
from iae.errors import IaeError
from iae.publishing.editions import archive_folder
from small_project import SmallProject

# 100 departments and NL.
NB_TERRITORIES = 101
FIRST, OLDER, NEWER = "2022-02-22", "2022-01-25", "2022-03-22"


def date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def load(
    project: SmallProject, load_id: int, extract_date: str, *stock: tuple[str, str, int]
) -> None:
    """Load an extract whose stock is (month, department, people)."""
    project.load(load_id, extract_date)
    project.execute(
        "create or replace table raw.stock (month date, department_code varchar, stock bigint)"
    )
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.executemany("insert into raw.stock values (?, ?, ?)", stock)


def published(project: SmallProject, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project.published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def archived(project: SmallProject) -> list[str]:
    return sorted(path.name for path in archive_folder(project.published).iterdir())


REVISIONS = """
select
    edition, release, previous_edition, previous_release, kind, month, territory_id,
    structure_type, previous_stock, stock, revision, revision_rate, age_in_months,
from marts.fct_stock_revisions
order by all
"""
EDITIONS = """
select edition, release, is_synthetic, nb_cells, nb_revised_cells, nb_new_months, largest_revision
from marts.dim_editions
order by all
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    """Published once on an extract of 2022-02-22; the archive is in a folder of an awkward name."""
    project = SmallProject(tmp_path_factory.mktemp("small"))
    project.write_with_editions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IAE_EDITIONS", str(project.folder / "it's [a] folder" / "of *"))
        load(project, 1, FIRST, ("2022-01-01", "59", 10))
        project.dbt("build")
        project.publish()
        yield project


def test_an_edition_is_written_once(project: SmallProject) -> None:
    assert archived(project) == ["2022-02-22_release_1.parquet"]
    file = archive_folder(project.published) / archived(project)[0]
    assert stat.S_IMODE(file.stat().st_mode) == 0o440
    with duckdb.connect() as connection:
        assert connection.execute(
            "select count(*), sum(stock), min(release), any_value(edition), "
            "any_value(is_synthetic), "
            "max(stock) filter (where territory_id = 'D59' and month = '2022-01-01') "
            "from read_parquet(?)",
            [str(file).replace("[", "[[]").replace("*", "[*]")],
        ).fetchall() == [(3 * NB_TERRITORIES, 10, 1, date(FIRST), True, 10)]
    ((moment,),) = published(project, "select published_at from marts.dim_editions")
    assert moment is not None
    before = file.stat()
    assert not project.publish().is_new
    project.dbt("build")
    done = project.publish()
    assert (done.is_new, done.kept) == (True, None)
    assert published(project, "select published_at from marts.dim_editions") == [(moment,)]
    assert (file.stat().st_ino, file.stat().st_mtime) == (before.st_ino, before.st_mtime)
    assert archived(project) == [file.name]


def test_revisions_corrections_and_an_older_extract(project: SmallProject) -> None:
    newer = (("2022-01-01", "59", 8), ("2022-01-01", "NL", 3), ("2022-02-01", "59", 9))
    load(project, 2, NEWER, *newer)
    project.dbt("build")
    project.publish()
    change = (date(NEWER), 1, date(FIRST), 1, "new_extract", date("2022-01-01"))
    first_revisions = [
        (*change, "D59", "ACI", 10, 8, -2, -0.2, 2),
        (*change, "FR", "ACI", 10, 11, 1, 0.1, 2),
        (*change, "NL", "ACI", 0, 3, 3, None, 2),
        (*change, "R32", "ACI", 10, 8, -2, -0.2, 2),
    ]
    assert published(project, REVISIONS) == first_revisions
    assert published(project, EDITIONS) == [
        (date(FIRST), 1, True, 3 * NB_TERRITORIES, 0, 3, None),
        (date(NEWER), 1, True, 4 * NB_TERRITORIES, 2, 1, 3),
    ]

    corrected = (*newer[:2], ("2022-02-01", "59", 12))
    load(project, 4, NEWER, *corrected)
    project.dbt("build")
    project.publish()
    change = (date(NEWER), 2, date(NEWER), 1, "correction", date("2022-02-01"))
    corrections = [
        (*change, territory, "ACI", 9, 12, 3, 3 / 9, 1) for territory in ("D59", "FR", "R32")
    ]
    assert published(project, REVISIONS) == [*first_revisions, *corrections]

    load(project, 3, OLDER, ("2021-12-01", "59", 4))
    project.dbt("build")
    project.publish()
    change = (date(FIRST), 1, date(OLDER), 1, "new_extract", date("2021-12-01"))
    in_its_place = [
        (*change, territory, "ACI", 4, 0, -4, -1.0, 2) for territory in ("D59", "FR", "R32")
    ]
    history = [*in_its_place, *first_revisions, *corrections]
    assert published(project, REVISIONS) == history
    files = [
        "2022-01-25_release_1.parquet",
        "2022-02-22_release_1.parquet",
        "2022-03-22_release_1.parquet",
        "2022-03-22_release_2.parquet",
    ]
    assert archived(project) == files

    # The archive outlives the warehouse and what was published.
    project.warehouse.unlink()
    project.published.unlink()
    load(project, 1, NEWER, *corrected)
    project.dbt("build")
    assert project.publish().kept is None
    assert published(project, REVISIONS) == history
    assert archived(project) == files

    # It is read by the build: another one is a reason to build again.
    gone = archive_folder(project.published) / files[0]
    gone.unlink()
    with pytest.raises(IaeError, match="holds other editions than the build has read"):
        project.publish()


def test_killed_at_each_step(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive and the published file are whole at any time, and agree after the next try."""
    monkeypatch.delenv("IAE_EDITIONS")
    shutil.rmtree(project.published.parent)
    load(project, 1, FIRST, ("2022-01-01", "59", 10))
    project.dbt("build")
    project.publish()
    load(project, 2, NEWER, ("2022-01-01", "59", 8))
    project.dbt("build")
    saved = tmp_path / "saved"
    shutil.copytree(project.published.parent, saved)
    for step in range(1, 20):
        shutil.rmtree(project.published.parent)
        shutil.copytree(saved, project.published.parent)
        code = project.killed_publication(step)
        files = [name for name in archived(project) if name.endswith(".parquet")]
        shown = published(project, "select count(*) from marts.dim_editions")[0][0]
        assert shown <= len(files) <= 2
        if code == 0:
            break
        assert code == processes.CODE
        project.publish()
        assert archived(project) == ["2022-02-22_release_1.parquet", "2022-03-22_release_1.parquet"]
        assert published(project, "select count(*) from marts.dim_editions") == [(2,)]
        assert {path.name for path in project.published.parent.iterdir()} == {
            "build.duckdb",
            "iae.duckdb",
            "editions",
        }
    assert step > 4
    assert code == 0
