"""What a delivered file is wrapped in, recognised by its content and opened as a stream.

Nothing is unpacked to disk. A file comes as is, gzipped, zipped (AES or not) or in a tar, whatever
its extension says; ASP delivers a Zip of Zips.
"""

from __future__ import annotations

import io
import re
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO

import pyzipper
from isal import igzip, isal_zlib

from iae.errors import IaeError, printable

# A gzipped tar is one container.
MAX_DEPTH = 3
MAX_ENTRIES = 2_000
MAX_BYTES = 64 << 30
# Deflate can reach 1:1000; text as ASP writes it, mostly empty columns, stays far below 1:200.
MAX_RATIO = 200
RATIO_FREE_BYTES = 64 << 20
# A Zip is read from its end, which a tar cannot go to: a Zip in a tar is held in memory.
MAX_HELD_BYTES = 1 << 30

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


class _TooLargeError(ValueError):
    """What would be held in memory is too large for it."""


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

    def __exit__(self, *error: object) -> None:
        self.close()


@dataclass(frozen=True)
class Step:
    """One container to go through: its kind, and how to open what is in it."""

    kind: str
    open: Callable[[IO[bytes]], IO[bytes]]


@dataclass(frozen=True)
class Delivered:
    """One delivered file: where it is on disk and the containers it is in.

    `names` are the names that may tell what it is, innermost first: its own, then those of the
    containers that hold nothing else. `archives` are the containers of several entries that it is
    in, outermost first. `is_zipcrypto` tells that only its data tell the password from a wrong one,
    `fault` why it cannot be read.
    """

    path: Path
    label: str
    packed_size: int
    names: tuple[str, ...]
    password: bytes | None = field(default=None, repr=False)
    steps: tuple[Step, ...] = ()
    archives: tuple[str, ...] = ()
    is_zipcrypto: bool = False
    fault: IaeError | None = None

    @property
    def depth(self) -> int:
        """Number of containers around it; a gzipped tar is one."""
        kinds = [step.kind for step in self.steps]
        return sum(kind != "held" for kind in kinds) - [*pairwise(kinds)].count(("gzip", "tar"))

    def open(self) -> Stream:
        """Open the innermost bytes; raise IaeError when a container cannot be read."""
        return Stream(self)


def delivered(path: Path, label: str, password: str | None) -> Iterator[Delivered]:
    """Yield every delivered file in `path`, a file that may be an archive of several.

    What cannot be read or is refused is yielded with its `fault`: damage, a wrong or missing
    password, links, absolute or climbing names, containers too deep, sizes beyond the limits.
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
    try:
        with item.open() as stream:
            head = stream.read(1024)
        kind = _kind(head)
        if kind == "zip" and any(step.kind == "tar" for step in item.steps):
            item = replace(item, steps=(*item.steps, Step("held", _held)))
        if kind == "zip" and _is_workbook(item):
            kind = "plain"
        is_tar_in_gzip = kind == "tar" and bool(item.steps) and item.steps[-1].kind == "gzip"
        if kind != "plain" and item.depth >= MAX_DEPTH and not is_tar_in_gzip:
            raise IaeError(
                f"{item.label}: archives within archives beyond {MAX_DEPTH} levels are refused; "
                "deliver the file in one archive."
            )
        entries = _entries(item, kind) if kind in ("zip", "tar") else []
    except IaeError as fault:
        yield replace(item, fault=fault)
        return
    if kind == "gzip":
        yield from _unwrap(replace(item, steps=(*item.steps, Step("gzip", _open_gzip))))
    elif kind == "plain":
        yield item
    else:
        is_alone = len(entries) == 1
        for entry in entries:
            yield from _unwrap(
                replace(
                    item,
                    label=f"{item.label} > {printable(entry.name)}",
                    packed_size=entry.packed_size,
                    names=(PurePosixPath(entry.name).name, *(item.names if is_alone else ())),
                    steps=(*item.steps, Step(kind, entry.open)),
                    archives=item.archives if is_alone else (*item.archives, item.label),
                    is_zipcrypto=entry.is_zipcrypto,
                )
            )


@dataclass(frozen=True)
class _Entry:
    """One entry of an archive; its name has `/` between folders."""

    name: str
    packed_size: int
    open: Callable[[IO[bytes]], IO[bytes]]
    is_zipcrypto: bool = False


def _entries(item: Delivered, kind: str) -> list[_Entry]:
    try:
        entries = _zip_entries(item) if kind == "zip" else _tar_entries(item)
    except _UNREADABLE as error:
        raise _unreadable(item, error) from None
    if len(entries) > MAX_ENTRIES:
        raise IaeError(f"{item.label}: the archive holds more than {MAX_ENTRIES} entries.")
    if not entries:
        raise IaeError(f"{item.label}: the archive is empty.")
    return entries


def _zip_entries(item: Delivered) -> list[_Entry]:
    with item.open() as stream, pyzipper.AESZipFile(stream.file) as archive:
        infos = archive.infolist()
    entries = []
    for info in infos:
        # Some programs for Windows write `\\` between folders.
        name = info.filename.replace("\\", "/")
        _refuse_name(item, name)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise IaeError(f"{item.label}: the archive holds a link; links are refused.")
        if name.endswith("/") or _is_litter(name):
            continue
        _refuse_bomb(item, info.file_size, info.compress_size)
        is_locked = bool(info.flag_bits & 1)
        if is_locked and item.password is None:
            raise IaeError(
                f"{item.label}: the archive is protected by a password; "
                "set IAE_ARCHIVE_PASSWORD in the environment."
            )
        opener = partial(_open_zip_entry, info=info, password=item.password)
        is_zipcrypto = is_locked and not info.wz_aes_version
        entries.append(_Entry(name, info.compress_size, opener, is_zipcrypto))
    return entries


def _open_zip_entry(file: IO[bytes], info: pyzipper.ZipInfo, password: bytes | None) -> IO[bytes]:
    opened: IO[bytes] = pyzipper.AESZipFile(file).open(info, pwd=password)
    return opened


def _tar_entries(item: Delivered) -> list[_Entry]:
    entries = []
    with item.open() as stream, tarfile.open(fileobj=stream.file, mode="r|") as archive:
        for info in archive:
            _refuse_name(item, info.name)
            if info.isdir() or _is_litter(info.name):
                continue
            if not info.isfile():
                raise IaeError(f"{item.label}: the archive holds a link; links are refused.")
            # A tar packs nothing: what packs it sets the limit.
            opener = partial(_open_tar_entry, offset=info.offset)
            entries.append(_Entry(info.name, item.packed_size, opener))
    return entries


def _open_tar_entry(file: IO[bytes], offset: int) -> IO[bytes]:
    archive = tarfile.open(fileobj=file, mode="r|")  # noqa: SIM115 (closed with its file)
    # By place: two entries can have one name.
    found = next(info for info in archive if info.offset == offset)
    entry = archive.extractfile(found)
    if entry is None:
        raise tarfile.ReadError
    return entry


def _open_gzip(file: IO[bytes]) -> IO[bytes]:
    return io.BufferedReader(igzip.GzipFile(fileobj=file, mode="rb"), 1 << 20)  # type: ignore[no-untyped-call]


def _held(file: IO[bytes]) -> IO[bytes]:
    content = file.read(MAX_HELD_BYTES + 1)
    if len(content) > MAX_HELD_BYTES:
        raise _TooLargeError
    return io.BytesIO(content)


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
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise IaeError(
            f"{item.label}: the archive holds an entry whose name leads out of it; it is refused."
        )


def _refuse_bomb(item: Delivered, nb_bytes: int, packed_size: int) -> None:
    if nb_bytes > MAX_BYTES or nb_bytes > max(RATIO_FREE_BYTES, MAX_RATIO * packed_size):
        raise IaeError(
            f"{item.label}: what it unpacks to is beyond the limits "
            f"({MAX_BYTES >> 30} GB, {MAX_RATIO} times its packed size); it is refused."
        )


def _unreadable(item: Delivered, error: Exception) -> IaeError:
    """Say why a container cannot be read; its own message is not shown: it can hold values."""
    text = str(error).lower()
    if isinstance(error, PermissionError):
        why = "no permission to read it; change its mode or its owner"
    elif isinstance(error, _TooLargeError):
        why = (
            f"is a Zip of more than {MAX_HELD_BYTES >> 30} GB within a tar; "
            "deliver it outside of the tar"
        )
    elif isinstance(error, RuntimeError) and "password" in text:
        why = "the password in IAE_ARCHIVE_PASSWORD does not open it; correct it"
    elif isinstance(error, NotImplementedError):
        method = re.search(r"\(([\w ]+)\)", str(error))
        how = f" ({method[1]})" if method else ""
        why = f"is packed or encrypted in a way that cannot be read{how}; pack it again as .zip"
    elif item.is_zipcrypto and not isinstance(error, OSError):
        # ZipCrypto tells a wrong password by one byte only: one in 256 goes through.
        why = (
            "the password in IAE_ARCHIVE_PASSWORD does not open it, or it is damaged; "
            "correct the password or ask for it again"
        )
    else:
        why = "cannot be read to its end, it is damaged or cut; ask for it again"
    return IaeError(f"{item.label}: {why}.")
