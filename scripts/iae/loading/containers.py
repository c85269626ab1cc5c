"""What a delivered file is wrapped in, recognised by its content and opened as a stream.

Nothing is unpacked to disk. A file comes as is, gzipped, zipped (AES or not) or in a tar, whatever
its extension says; ASP delivers a Zip of Zips, so two containers deep is the limit.
"""

from __future__ import annotations

import io
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO

import pyzipper
from isal import igzip, isal_zlib

from iae.errors import IaeError, printable

MAX_DEPTH = 2
MAX_ENTRIES = 2_000
MAX_BYTES = 64 << 30
# Deflate can reach 1:1000; text as ASP writes it, mostly empty columns, stays far below 1:200.
MAX_RATIO = 200
RATIO_FREE_BYTES = 64 << 20

_UNREADABLE: tuple[type[Exception], ...] = (  # type: ignore[assignment]
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    zlib.error,
    isal_zlib.error,
    tarfile.TarError,
    pyzipper.BadZipFile,
)


class Stream:
    """The bytes of one delivered file: counted, limited, and failing with one sentence."""

    def __init__(self, item: Delivered) -> None:
        self._item = item
        self._close = ExitStack()
        self._nb_bytes = 0
        try:
            self._source: IO[bytes] = self._close.enter_context(item.path.open("rb"))
            self.file = self._source
            for step in item.steps:
                self.file = self._close.enter_context(step.open(self.file))
        except _UNREADABLE as error:
            self.close()
            raise _unreadable(item, error) from None

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, empty at the end; raise IaeError when damaged or a bomb."""
        try:
            data = self.file.read(size)
        except _UNREADABLE as error:
            raise _unreadable(self._item, error) from None
        self._nb_bytes += len(data)
        if self._item.steps:
            _refuse_bomb(self._item, self._nb_bytes, self._item.packed_size)
        return data

    def position(self) -> int:
        """Return how many bytes of the container on disk have been consumed."""
        return self._source.tell()

    def close(self) -> None:
        """Close the file and every container around it."""
        self._close.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Step:
    """One container to go through: how to open what is in it."""

    open: Callable[[IO[bytes]], IO[bytes]]
    entry: str | None = None


@dataclass(frozen=True)
class Delivered:
    """One delivered file: where it is on disk and the containers it is in.

    `names` are the names that may tell what it is, innermost first: its own, then those of the
    containers that hold nothing else.
    """

    path: Path
    label: str
    packed_size: int
    names: tuple[str, ...]
    password: bytes | None = field(default=None, repr=False)
    steps: tuple[Step, ...] = ()

    def open(self) -> Stream:
        """Open the innermost bytes; raise IaeError when a container cannot be read."""
        return Stream(self)


def delivered(path: Path, label: str, password: str | None) -> Iterator[Delivered]:
    """Yield every delivered file in `path`, a file that may be an archive of several.

    Raise IaeError for what cannot be read or is refused: damage, a wrong or missing password,
    links, absolute or climbing names, containers too deep, sizes beyond the limits.
    """
    item = Delivered(
        path=path,
        label=label,
        packed_size=path.stat().st_size,
        names=(path.name,),
        password=password.encode() if password else None,
    )
    yield from _unwrap(item)


def _unwrap(item: Delivered) -> Iterator[Delivered]:
    with item.open() as stream:
        head = stream.read(1024)
    kind = _kind(head)
    if kind == "zip" and _is_workbook(item):
        kind = "plain"
    if kind == "plain":
        yield item
        return
    if len(item.steps) >= MAX_DEPTH:
        raise IaeError(
            f"{item.label}: archives within archives beyond {MAX_DEPTH} levels are refused; "
            "deliver the file in one archive."
        )
    if kind == "gzip":
        yield from _unwrap(replace(item, steps=(*item.steps, Step(_open_gzip))))
    else:
        yield from _unwrap_archive(item, kind)


def _unwrap_archive(item: Delivered, kind: str) -> Iterator[Delivered]:
    entries = _zip_entries(item) if kind == "zip" else _tar_entries(item)
    outer_names = item.names if len(entries) == 1 else ()
    for name, packed_size, open_entry in entries:
        yield from _unwrap(
            replace(
                item,
                label=f"{item.label} > {printable(name)}",
                packed_size=packed_size,
                names=(PurePosixPath(name).name, *outer_names),
                steps=(*item.steps, Step(open_entry, name)),
            )
        )


Entries = list[tuple[str, int, Callable[[IO[bytes]], IO[bytes]]]]


def _zip_entries(item: Delivered) -> Entries:
    try:
        with item.open() as stream, pyzipper.AESZipFile(stream.file) as archive:
            infos = archive.infolist()
    except _UNREADABLE as error:
        raise _unreadable(item, error) from None
    entries: Entries = []
    for info in infos:
        _refuse_name(item, info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise IaeError(f"{item.label}: the archive holds a link; links are refused.")
        if info.is_dir() or _is_litter(info.filename):
            continue
        _refuse_bomb(item, info.file_size, info.compress_size)
        if info.flag_bits & 1 and item.password is None:
            raise IaeError(
                f"{item.label}: the archive is protected by a password; "
                "set IAE_ARCHIVE_PASSWORD in the environment."
            )
        entries.append((info.filename, info.compress_size, _zip_opener(info, item.password)))
    return _refuse_crowd(item, entries)


def _zip_opener(info: pyzipper.ZipInfo, password: bytes | None) -> Callable[[IO[bytes]], IO[bytes]]:
    def open_entry(file: IO[bytes]) -> IO[bytes]:
        opened: IO[bytes] = pyzipper.AESZipFile(file).open(info, pwd=password)
        return opened

    return open_entry


def _tar_entries(item: Delivered) -> Entries:
    entries: Entries = []
    try:
        with item.open() as stream, tarfile.open(fileobj=stream.file, mode="r|") as archive:
            for info in archive:
                _refuse_name(item, info.name)
                if info.isdir() or _is_litter(info.name):
                    continue
                if not info.isfile():
                    raise IaeError(f"{item.label}: the archive holds a link; links are refused.")
                # A tar packs nothing: what packs it sets the limit.
                entries.append((info.name, item.packed_size, _tar_opener(info.name)))
    except _UNREADABLE as error:
        raise _unreadable(item, error) from None
    return _refuse_crowd(item, entries)


def _tar_opener(name: str) -> Callable[[IO[bytes]], IO[bytes]]:
    def open_entry(file: IO[bytes]) -> IO[bytes]:
        archive = tarfile.open(fileobj=file, mode="r|")  # noqa: SIM115 (closed with its file)
        found = next(info for info in archive if info.name == name)
        entry = archive.extractfile(found)
        if entry is None:
            raise tarfile.ReadError
        return entry

    return open_entry


def _open_gzip(file: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(igzip.GzipFile(fileobj=file, mode="rb"), 1 << 20)  # type: ignore[no-untyped-call]


def _kind(head: bytes) -> str:
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    return "plain"


def _is_workbook(item: Delivered) -> bool:
    """Tell a workbook, itself a Zip, from a Zip that wraps something."""
    try:
        with item.open() as stream, pyzipper.AESZipFile(stream.file) as archive:
            infos = {info.filename: info for info in archive.infolist()}
    except _UNREADABLE as error:
        raise _unreadable(item, error) from None
    if not infos.keys() & {"[Content_Types].xml", "mimetype"}:
        return False
    for info in infos.values():
        _refuse_bomb(item, info.file_size, info.compress_size)
    return True


def _is_litter(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _refuse_name(item: Delivered, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise IaeError(
            f"{item.label}: the archive holds an entry whose name leads out of it; it is refused."
        )


def _refuse_crowd(item: Delivered, entries: Entries) -> Entries:
    if len(entries) > MAX_ENTRIES:
        raise IaeError(f"{item.label}: the archive holds more than {MAX_ENTRIES} entries.")
    if not entries:
        raise IaeError(f"{item.label}: the archive is empty.")
    return entries


def _refuse_bomb(item: Delivered, nb_bytes: int, packed_size: int) -> None:
    if nb_bytes > MAX_BYTES or nb_bytes > max(RATIO_FREE_BYTES, MAX_RATIO * packed_size):
        raise IaeError(
            f"{item.label}: what it unpacks to is beyond the limits "
            f"({MAX_BYTES >> 30} GB, {MAX_RATIO} times its packed size); it is refused."
        )


def _unreadable(item: Delivered, error: Exception) -> IaeError:
    if isinstance(error, PermissionError):
        return IaeError(f"{item.label}: no permission to read it; change its mode or its owner.")
    if isinstance(error, RuntimeError) and "password" in str(error).lower():
        return IaeError(
            f"{item.label}: the password in IAE_ARCHIVE_PASSWORD does not open it; correct it."
        )
    return IaeError(
        f"{item.label}: cannot be read to its end, it is damaged or cut; ask for it again."
    )
