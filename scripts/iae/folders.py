"""Folders that a command writes whole: it fills a new one beside the old one, then renames it.

Such a folder holds a mark, which names the command and the files that it wrote. A command replaces
only a folder with its own mark, and keeps the files that others added or changed there.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from iae.disk import held
from iae.errors import IaeError, printable
from iae.paths import warehouse_path

MARK = ".iae-written"


@contextmanager
def replaced(out: Path, command: str, others: tuple[str, ...] = ()) -> Iterator[Path]:
    """Give a new folder to fill; at the end it is `out`, at a fault or a kill nothing has changed.

    Files in `out` that the command did not write are kept. `others` are folders that other commands
    write into `out`, perhaps before this one. Raise IaeError where `out` is not an empty or absent
    folder, nor one that the same command wrote.
    """
    check_free(out, command, others)
    place = out.resolve()
    new, old, lock = (
        place.with_name(f".{place.name}.iae-{what}") for what in ("new", "old", "lock")
    )
    with ExitStack() as closing:
        with _writing(out):
            place.parent.mkdir(parents=True, exist_ok=True)
            busy = f"{printable(out)}: another iae command is writing it; try later."
            closing.enter_context(held(lock, busy))
            _clean_up(place, new, old)
            new.mkdir()
        closing.callback(shutil.rmtree, new, ignore_errors=True)
        yield new
        with _writing(out):
            check_free(out, command, others)
            lines = [f"iae {command}", *sorted(_signed(path, new) for path in _within(new))]
            (new / MARK).write_text("\n".join(lines) + "\n", "utf-8")
            _keep_the_rest(place, new)
            _swap(new, old, place)


def check_free(out: Path, command: str, others: tuple[str, ...] = ()) -> None:
    """Raise IaeError where writing `out` would destroy what the command did not write."""
    name = printable(out)
    if out.is_symlink():
        raise IaeError(f"{name}: is a link to another place; name the folder itself.")
    place = out.resolve()
    for what, dear in (
        ("the folder you are in", Path.cwd()),
        ("your home", Path.home()),
        ("the warehouse", warehouse_path().resolve()),
    ):
        if place == dear or place in dear.parents:
            raise IaeError(f"{name}: holds {what} and is not replaced; name another folder.")
    if not out.exists():
        return
    if not out.is_dir():
        raise IaeError(f"{name}: is a file; name a folder.")
    with _writing(out):
        inside = sorted(path.name for path in out.iterdir())
    if all(one in others for one in inside) or _mark_of(out)[:1] == [f"iae {command}"]:
        return
    raise IaeError(
        f"{name}: is not empty, and iae {command} did not write it ({printable(inside[0])} is in "
        "it); name another folder, or remove it yourself."
    )


def _mark_of(folder: Path) -> list[str]:
    try:
        return (folder / MARK).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _signed(path: Path, folder: Path) -> str:
    """Return a file as a mark lists it: what is in it, in short, and its name in the folder."""
    digest = "-"
    if path.is_file() and not path.is_symlink():
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    return f"{digest}  {path.relative_to(folder).as_posix()}"


def _within(folder: Path) -> Iterator[Path]:
    """Yield files, links as they are and empty folders; raise OSError for what is closed."""

    def stop(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, onerror=stop):
        here = Path(place)
        yield from (here / name for name in files)
        yield from (here / name for name in folders if (here / name).is_symlink())
        if not (files or folders or here == folder):
            yield here


def _keep_the_rest(place: Path, new: Path) -> None:
    """Put into `new` what others wrote or changed in `place`, as second names of the same files."""
    written = {*_mark_of(place)[1:]}
    for path in _within(place) if place.exists() else ():
        target = new / path.relative_to(place)
        if path == place / MARK or _signed(path, place) in written:
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(path, target)
        except (FileExistsError, NotADirectoryError):
            raise IaeError(
                f"{printable(path)}: is in the way of a file to write, and is not as iae wrote it; "
                "move it away."
            ) from None


def _link(path: Path, target: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        target.mkdir(exist_ok=True)
        return
    try:
        os.link(path, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without second names
        shutil.copy2(path, target, follow_symlinks=False)


def _swap(new: Path, old: Path, place: Path) -> None:
    if place.exists():
        shutil.copymode(place, new)
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _clean_up(place: Path, new: Path, old: Path) -> None:
    """Take away what a killed command left; put back what it was about to replace."""
    if old.exists() and not place.exists():
        old.rename(place)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise IaeError(
            f"{printable(out)}: cannot be written ({reason}); it is as before."
        ) from None
