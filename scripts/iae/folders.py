"""Folders that a command writes whole: a new one beside, then a rename; nobody else's is touched.

A folder written so holds a mark: the command's name, and the files it wrote. A command replaces
only what bears its own mark, and what the mark does not list is kept.
"""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from iae.errors import IaeError, printable
from iae.warehouse import warehouse_path

MARK = ".iae-written"


@contextmanager
def replaced(out: Path, command: str, others: tuple[str, ...] = ()) -> Iterator[Path]:
    """Give a new folder to fill; at the end it is `out`, at a fault or a kill nothing has changed.

    Files in `out` that the command did not write are kept. `others` are folders that other
    commands write into `out`, perhaps before this one.

    Raises:
        IaeError: `out` is not an empty or absent folder, nor one that the same command wrote.
    """
    check_free(out, command, others)
    place = out.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone_in(place.parent):
            _clean_up(place)
            new = place.with_name(f".{place.name}.{os.getpid()}.new")
            new.mkdir()
            descriptor = os.open(new, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        raise _unwritable(out, error) from None
    try:
        yield new
        try:
            _write_mark(new, command)
            with _alone_in(place.parent):
                check_free(out, command, others)
                _keep_the_rest(place, new)
                _swap(new, place)
        except OSError as error:
            raise _unwritable(out, error) from None
    finally:
        shutil.rmtree(new, ignore_errors=True)
        os.close(descriptor)


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
    try:
        inside = sorted(path.name for path in out.iterdir())
    except OSError as error:
        raise _unwritable(out, error) from None
    if all(one in others for one in inside) or _marked_by(out) == command:
        return
    raise IaeError(
        f"{name}: is not empty, and iae {command} did not write it ({printable(inside[0])} is in "
        "it); name another folder, or remove it yourself."
    )


def _marked_by(folder: Path) -> str | None:
    """Return the name of the command that wrote a folder, None where there is no mark."""
    lines = _mark_of(folder)
    return lines[0].removeprefix("iae ") if lines else None


def _mark_of(folder: Path) -> list[str]:
    try:
        return (folder / MARK).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _write_mark(folder: Path, command: str) -> None:
    files = sorted(path.relative_to(folder).as_posix() for path in _files_in(folder))
    lines = [f"iae {command}", *files, MARK]
    (folder / MARK).write_text("\n".join(lines) + "\n", "utf-8")


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder and below, links as they are; raise OSError for what is closed."""

    def stop(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, onerror=stop):
        here = Path(place)
        yield from (here / name for name in files)
        yield from (here / name for name in folders if (here / name).is_symlink())


def _keep_the_rest(place: Path, new: Path) -> None:
    """Put into `new` what others wrote in `place`, as second names of the same files."""
    written = set(_mark_of(place)[1:])
    for path in _files_in(place) if place.exists() else ():
        below = path.relative_to(place)
        if below.as_posix() not in written:
            (new / below).parent.mkdir(parents=True, exist_ok=True)
            _link(path, new / below)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target, follow_symlinks=False)
    except FileExistsError:
        raise IaeError(
            f"{printable(path)}: is in the way of a file to write; move it away."
        ) from None
    except OSError:  # a file system without second names
        shutil.copy2(path, target, follow_symlinks=False)


def _swap(new: Path, place: Path) -> None:
    old = new.with_suffix(".old")
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


def _clean_up(place: Path) -> None:
    """Take away what a killed command left; put back what it was about to replace."""
    beside = glob.escape(f".{place.name}.")
    for old in place.parent.glob(f"{beside}*.old"):
        if not place.exists():
            old.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    for new in place.parent.glob(f"{beside}*.new"):
        descriptor = os.open(new, os.O_RDONLY)
        try:
            # Locked by the command that is filling it, as long as it runs.
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(new, ignore_errors=True)
        finally:
            os.close(descriptor)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    # A lock on the folder itself leaves no file behind and goes with the process, even killed.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _unwritable(out: Path, error: OSError) -> IaeError:
    reason = error.strerror or type(error).__name__
    return IaeError(f"{printable(out)}: cannot be written ({reason}); it is as before.")
