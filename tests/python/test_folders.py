"""Folders that commands replace: nobody else's is touched, and none is ever half written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from conftest import PROJECT
from iae.errors import IaeError
from iae.folders import MARK, replaced
from loading import begun, put, run


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder, a home and a warehouse of the test's own."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IAE_WAREHOUSE", str(tmp_path / "data" / "build.duckdb"))
    return here


def write(out: Path, *names: str, command: str = "site", text: str = "new") -> None:
    with replaced(out, command, others=("catalogue", "donnees")) as folder:
        for name in names:
            put(folder, name, text)


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARK
    }


def test_what_the_command_wrote_before_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "site"
    write(out, "index.html", "assets/old.js", text="old")
    write(out, "index.html", "assets/new.js")
    assert contents(out) == {"index.html": "new", "assets/new.js": "new"}
    assert sorted(tmp_path.iterdir()) == [tmp_path / "here", out]


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "site"
    put(out, "donnees/2022-10-11/stock.csv", b"released")
    write(out / "catalogue", "index.html", command="catalogue", text="catalogue")
    write(out, "index.html")
    (out / "notes.txt").write_text("dear")
    (out / "link").symlink_to(tmp_path / "here")
    write(out, "index.html", text="newer")
    assert contents(out) == {
        "donnees/2022-10-11/stock.csv": "released",
        "catalogue/index.html": "catalogue",
        "notes.txt": "dear",
        "index.html": "newer",
    }
    assert (out / "link").is_symlink()
    write(out / "catalogue", "index.html", command="catalogue", text="newer catalogue")
    assert (out / "catalogue" / "index.html").read_text() == "newer catalogue"


def mark_taken_from_elsewhere(out: Path) -> None:
    mine = put(out.with_name("mine"), "index.html", b"dear")
    shutil.copy(out / MARK, mine)
    shutil.rmtree(out)
    mine.rename(out)


@pytest.mark.parametrize(
    "act",
    [
        mark_taken_from_elsewhere,
        lambda out: put(out, "index.html", b"dear"),
        lambda out: put(out, "new.html/notes.txt", b"dear"),
        lambda out: put(out, "new.html", b"dear"),
        lambda out: put(out, "assets", b"dear"),
        lambda out: (out / "new.html").symlink_to("dear"),
    ],
)
def test_what_somebody_wrote_or_changed_is_not_written_over(act, tmp_path: Path) -> None:
    out = tmp_path / "site"
    write(out, "index.html", text="old")
    act(out)
    before = contents(out)
    with pytest.raises(IaeError, match="is in the way of a file to write"):
        write(out, "index.html", "new.html", "assets/a.js")
    assert contents(out) == before


def test_a_mark_made_by_hand_gives_nothing_away(tmp_path: Path) -> None:
    out = tmp_path / "site"
    (out / "empty").mkdir(parents=True)
    for path in (out / "notes.txt", tmp_path / "notes.txt"):
        path.write_text("dear")
    (out / MARK).write_text("iae site\nnotes.txt\n../notes.txt\n-  notes.txt\n-  ../notes.txt\n")
    write(out, "index.html")
    assert contents(out) == {"index.html": "new", "notes.txt": "dear"}
    assert (out / "empty").is_dir()
    assert (tmp_path / "notes.txt").read_text() == "dear"


def of_another_command(folder: Path) -> Path:
    write(folder / "mine", "file", command="other", text="dear")
    return folder / "mine"


def the_marked_mother_of_the_current_folder(folder: Path) -> Path:
    for command in ("site", "catalogue", "sample"):
        (folder / MARK).write_text(f"iae {command}\nfile\n")
    return put(folder, "file", b"dear")


def a_link(folder: Path, target: str) -> Path:
    put(folder / "mine", "file", b"dear")
    (folder / "link").symlink_to(folder / target)
    return folder / "link"


def an_empty_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


# How each is made in a folder that holds the current folder and, in time, the home.
PLACES: dict[str, Callable[[Path], Path]] = {
    "a folder of files": lambda folder: put(folder / "mine", "file", b"dear"),
    "what another command wrote": of_another_command,
    "the marked mother of the current folder": the_marked_mother_of_the_current_folder,
    "a link": lambda folder: a_link(folder, "mine"),
    "a link to nothing": lambda folder: a_link(folder, "nothing"),
    "a file": lambda folder: put(folder / "mine", "file", b"dear") / "file",
    "below a file": lambda folder: put(folder / "mine", "file", b"dear") / "file" / "site",
    "the empty current folder": lambda _: Path(),
    "the empty home": lambda folder: an_empty_folder(folder / "home"),
    "the folder of the warehouse": lambda folder: an_empty_folder(folder / "data"),
    "the mother": lambda _: Path(".."),
    "the root": lambda _: Path("/"),
    "the project": lambda _: PROJECT,
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(
    "words", [["catalogue"], ["site", "--out"], ["sample", "--force", "--scale", "0.001"]]
)
def test_nothing_else_is_replaced(place, words: list[str], tmp_path: Path) -> None:
    out = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    shown = run(*words, out, code=1).stderr
    assert shown.startswith("Error: ")
    assert len(shown.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before
    assert all(file.read_text() == "dear" for file in tmp_path.rglob("file"))


def test_a_fault_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "site"
    write(out, "index.html", text="old")
    with suppress(ZeroDivisionError), replaced(out, "site") as folder:
        (folder / "index.html").write_text("half")
        raise ZeroDivisionError
    assert contents(out) == {"index.html": "old"}
    assert sorted(tmp_path.iterdir()) == [tmp_path / "here", out]


SLOW = """
import sys, time
from pathlib import Path
from iae.folders import replaced
with replaced(Path(sys.argv[1]), "site") as folder:
    (folder / "index.html").write_text("half")
    print("begun")
    time.sleep(60)
"""


def test_a_kill_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "site"
    write(out, "index.html", text="old")
    with begun(SLOW, out):
        pass  # killed here
    assert contents(out) == {"index.html": "old"}
    assert (tmp_path / ".site.iae-new" / "index.html").read_text() == "half"
    write(out, "index.html")
    assert contents(out) == {"index.html": "new"}
    assert sorted(tmp_path.iterdir()) == [tmp_path / "here", out]


def test_another_that_writes_at_the_same_time_is_left_alone(tmp_path: Path) -> None:
    with begun(SLOW, tmp_path / "site"):
        with pytest.raises(IaeError, match="another iae command is writing it"):
            write(tmp_path / "site", "index.html")
        assert contents(tmp_path / ".site.iae-new") == {"index.html": "half"}
        write(tmp_path / "other", "index.html")


def test_killed_between_the_two_renames(tmp_path: Path) -> None:
    out = tmp_path / "site"
    write(out, "index.html", text="old")
    (out / "notes.txt").write_text("dear")
    out.rename(tmp_path / ".site.iae-old")
    for own in (".site.backup.old", ".site.1.new"):
        (tmp_path / own).mkdir()
    write(out, "index.html")
    assert contents(out) == {"index.html": "new", "notes.txt": "dear"}
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".site.1.new", ".site.backup.old", "here", "site"]


def test_a_folder_without_second_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no hard links here")

    out = tmp_path / "site"
    write(out, "index.html")
    (out / "notes.txt").write_text("dear")
    monkeypatch.setattr(os, "link", refuse)
    write(out, "index.html")
    assert contents(out) == {"index.html": "new", "notes.txt": "dear"}
