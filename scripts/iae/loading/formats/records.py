"""Delivered bytes made ready for DuckDB's CSV reader, in large chunks.

The normal path only counts separators and line ends of a chunk; a chunk whose counts do not fit,
and only it, is gone through record by record by the format's `repair`. What comes out is one record
per line, LF, UTF-8; what does not fit is a rejection with its line and reason.
"""

import datetime as dt
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from iae.errors import IaeError
from iae.loading.containers import Delivered, Stream
from iae.loading.contents import description

# Small enough for a processor's cache: a chunk is gone through several times.
CHUNK_BYTES = 512 << 10
PIECE_BYTES = 8 << 10
MAX_RECORD_BYTES = 1 << 20
# What DuckDB is given as the limit of a line.
MAX_LINE_BYTES = 2 * MAX_RECORD_BYTES
# The last row (FIN<n>) and the blank lines after it must be in the last chunk.
_TAIL_BYTES = 1 << 16

TOO_FEW = "too few columns"
TOO_MANY = "too many columns"
NOT_TEXT = "invalid bytes"
TOO_LONG = "record longer than 1 MB"
BOM = b"\xef\xbb\xbf"


def is_encoded(text: bytes, encoding: str = "utf-8") -> bool:
    """Tell whether bytes are text in an encoding."""
    if not text.isascii():
        try:
            text.decode(encoding)
        except UnicodeDecodeError:
            return False
    return True


def with_lf(chunk: bytes) -> bytes | None:
    """Return whole lines with LF ends; None where some end in CR LF and others do not."""
    if b"\r" not in chunk:
        return chunk
    is_even = chunk.count(b"\r") == chunk.count(b"\r\n") == chunk.count(b"\n")
    return chunk.replace(b"\r\n", b"\n") if is_even else None


def column_name(header: str) -> str:
    """Return a header as a column name: accents dropped, lower case, spaces as underscores."""
    plain = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    return re.sub(r"\s+", "_", plain.strip().lower())


@dataclass(frozen=True)
class Dialect:
    """How the bytes of a reading are written; whether a separator can stand within quotes."""

    separator: str = "|"
    # Real files have no control character.
    quote: str = "\x02"
    quotes_separators: bool = True

    def record(self, fields: Iterable[bytes]) -> bytes:
        """Return a record for DuckDB, with quotes around the fields that need them."""
        separator, quote = self.separator.encode(), self.quote.encode()
        return separator.join(
            quote + field.replace(quote, quote + quote) + quote
            if any(mark in field for mark in (separator, quote, b"\n", b"\r"))
            else field
            for field in fields
        )


# A chunk ready for DuckDB, one record per line, and how many there are.
Clean = tuple[bytes, int]


@dataclass(frozen=True)
class Record:
    """A record found by a repair, ready for DuckDB, or rejected when it has a `reason`.

    `line` is its first physical line.
    """

    line: int
    text: bytes
    reason: str | None = None


@dataclass
class Reading(ABC):
    """One delivered file being read once: its header, then its chunks, then its counts.

    `shifts` are (n, d): from the n-th record on, a record's physical line is its rank + d.
    """

    item: Delivered
    stream: Stream
    is_careful: bool = False
    columns: tuple[str, ...] = ()
    dialect: Dialect = Dialect()
    date: dt.date | None = None
    nb_announced: int | None = None
    nb_records: int = 0
    # The records that do not fit, of each the beginning.
    rejections: list[Record] = field(default_factory=list)
    shifts: list[tuple[int, int]] = field(default_factory=list)
    line: int = 1
    # Parts of the file that are not read, by name and why: sheets of a workbook.
    left_alone: list[str] = field(default_factory=list)

    @property
    def header_place(self) -> str:
        """Where the header was looked for."""
        return f"line {self.line - 1}"

    @abstractmethod
    def chunks(self) -> Iterator[bytes]:
        """Yield clean bytes, whole records, in file order."""

    def close(self) -> None:
        """Close the file."""
        self.stream.close()

    def accept(self, line: int, nb_records: int = 1) -> None:
        """Count records that follow each other on physical lines from `line` on."""
        shift = line - self.nb_records - 1
        if not self.shifts or self.shifts[-1][1] != shift:
            self.shifts.append((self.nb_records + 1, shift))
        self.nb_records += nb_records


@dataclass
class TextReading(Reading):
    """A reading of delimited text: what both text formats share."""

    is_crlf: bool = False
    _buffer: bytes = b""

    def __post_init__(self) -> None:
        self._buffer = self.stream.read(CHUNK_BYTES).removeprefix(BOM)

    def next_line(self) -> bytes | None:
        """Take one physical line, without its end, off the head of the file; None at the end."""
        while b"\n" not in self._buffer and (data := self.stream.read(CHUNK_BYTES)):
            self._buffer += data
            if len(self._buffer) > MAX_LINE_BYTES + CHUNK_BYTES:
                what, advice = description(self.item) or ("one endless line", "ask for it again")
                raise IaeError(f"{self.item.label}: is {what}, has no line ends; {advice}.")
        if not self._buffer:
            return None
        text, _, self._buffer = self._buffer.partition(b"\n")
        self.line += 1
        self.is_crlf = text.endswith(b"\r")
        return text.removesuffix(b"\r")

    def _blocks(self) -> Iterator[tuple[bytes, bool]]:
        """Yield (whole lines, is last); the last block holds at least the last _TAIL_BYTES."""
        buffer = self._buffer
        self._buffer = b""
        while data := self.stream.read(CHUNK_BYTES):
            end = buffer.rfind(b"\n", 0, max(0, len(buffer) - _TAIL_BYTES)) + 1
            if end:
                yield buffer[:end], False
            elif len(buffer) > 4 * MAX_RECORD_BYTES + CHUNK_BYTES:
                # One endless line: what is kept of it is enough for DuckDB to refuse it.
                buffer = buffer[: MAX_LINE_BYTES + 1] + buffer[-_TAIL_BYTES:]
            buffer = buffer[end:] + data
        yield (buffer if buffer.endswith(b"\n") or not buffer else buffer + b"\n"), True

    def chunks(self) -> Iterator[bytes]:
        """Yield clean bytes; see the module's head."""
        rest = b""
        for block, is_last in self._blocks():
            lines = self.take_end(block) if is_last else block
            chunk = rest + lines if rest else lines
            text, rest = self._taken(chunk, is_last, self._in_pieces)
            if text:
                yield text

    def _taken(
        self, chunk: bytes, is_last: bool, mend: Callable[[bytes, bool], tuple[bytes, bytes]]
    ) -> tuple[bytes, bytes]:
        """Return (text, rest) of a chunk, which is mended where its counts do not fit."""
        clean = self._checked(chunk)
        return self._accepted(chunk, clean, is_last) if clean else mend(chunk, is_last)

    def _checked(self, chunk: bytes) -> Clean | None:
        """Return a chunk ready for DuckDB, or None; when careful, after a look at every line."""
        clean = self.clean(chunk)
        if clean is None or not self.is_careful:
            return clean
        separator = self.dialect.separator.encode()
        text, _ = clean
        is_even = self.dialect.quote.encode() not in text and all(
            line.count(separator) == len(self.columns) - 1 and len(line) <= MAX_RECORD_BYTES
            for line in text.split(b"\n")[:-1]
        )
        return clean if is_even else None

    def _accepted(self, chunk: bytes, clean: Clean, is_last: bool) -> tuple[bytes, bytes]:
        """Return (text, rest) of a clean chunk: its last record may go on and is kept back."""
        (text, nb_records), rest = clean, b""
        if not is_last and nb_records:
            text = text[: text.rfind(b"\n", 0, -1) + 1]
            rest = chunk[chunk.rfind(b"\n", 0, -1) + 1 :]
            nb_records -= 1
        if nb_records:
            self.accept(self.line, nb_records)
            self.line += nb_records
        return text, rest

    def _in_pieces(self, chunk: bytes, is_last: bool) -> tuple[bytes, bytes]:
        """Return (text, rest) of a chunk that has to be repaired, most often in one place."""
        texts = []
        rest = b""
        start = 0
        while start < len(chunk):
            end = chunk.find(b"\n", start + PIECE_BYTES) + 1 or len(chunk)
            is_end = is_last and end == len(chunk)
            text, rest = self._taken(rest + chunk[start:end], is_end, self._repaired)
            texts.append(text)
            start = end
        return b"".join(texts), rest

    def _repaired(self, chunk: bytes, is_last: bool) -> tuple[bytes, bytes]:
        clean = []
        records, rest = self.repair(chunk, is_last)
        for record in records:
            reason = record.reason or (len(record.text) > MAX_RECORD_BYTES and TOO_LONG)
            if reason:
                self.rejections.append(Record(record.line, record.text[:2_000], reason))
            else:
                self.accept(record.line)
                clean.append(record.text)
        self.line += chunk.count(b"\n") - rest.count(b"\n")
        return b"".join(text + b"\n" for text in clean), rest

    def take_end(self, block: bytes) -> bytes:
        """Return the last block without what closes the file."""
        return block

    @abstractmethod
    def clean(self, chunk: bytes) -> Clean | None:
        """Return the chunk ready for DuckDB when its counts say that every line is a record."""

    @abstractmethod
    def repair(self, chunk: bytes, is_last: bool) -> tuple[list[Record], bytes]:
        """Return the records of a chunk that starts at `self.line`, and the bytes kept back."""
