"""Reader of delimited text: a header row, one separator, fields that may be quoted with `"`."""

import re
from dataclasses import dataclass

from iae.errors import IaeError
from iae.loading.containers import Delivered
from iae.loading.formats.records import (
    CHUNK_BYTES,
    MAX_RECORD_BYTES,
    NOT_TEXT,
    TOO_FEW,
    TOO_MANY,
    Clean,
    Dialect,
    Reading,
    Record,
    TextReading,
    column_name,
    is_encoded,
    with_lf,
)

UTF_8 = "utf-8"
WINDOWS_1252 = "windows-1252"
QUOTE = b'"'


@dataclass(frozen=True)
class Delimited:
    """A delimited format: the separators and encodings it may have, the likeliest first."""

    separators: str
    encodings: tuple[str, ...] = (UTF_8,)

    def __call__(self, item: Delivered, wanted: tuple[str, ...], is_careful: bool) -> Reading:
        """Open a file, find its encoding and separator, read its header."""
        encoding = UTF_8 if len(self.encodings) == 1 else find_encoding(item)
        reading = DelimitedReading(item, item.open(), is_careful, encoding=encoding)
        # Excel may write `sep=;` above the header.
        while (line := reading.next_line()) is not None:
            if line.strip() and not re.fullmatch(rb"sep=.", line, re.I):
                break
        else:
            raise IaeError(f"{item.label}: is empty, without a header; ask for it again.")
        headers = {
            separator: tuple(
                column_name(_unquoted(name).decode(encoding, "replace"))
                for name in _split(line, separator.encode())
            )
            for separator in self.separators
        }
        separator = max(self.separators, key=lambda one: len({*headers[one]} & {*wanted}))
        reading.columns = headers[separator]
        reading.dialect = Dialect(separator, QUOTE.decode())
        return reading


def find_encoding(item: Delivered) -> str:
    """Return UTF-8 or Windows-1252, whichever most lines that are not ASCII are written in.

    An accented letter of Windows-1252 is practically never valid UTF-8, so a UTF-8 file with a few
    damaged lines is still told apart.
    """
    margin = 0
    rest = b""
    with item.open() as stream:
        while data := stream.read(CHUNK_BYTES):
            lines, end, rest = (rest + data).rpartition(b"\n")
            if (lines + end).isascii():
                continue
            margin += _margin_of(lines.split(b"\n"))
    return UTF_8 if margin + _margin_of([rest]) >= 0 else WINDOWS_1252


def _margin_of(lines: list[bytes]) -> int:
    """Return by how many the lines that are UTF-8, ASCII aside, exceed those that are not."""
    return sum(1 if is_encoded(line) else -1 for line in lines if not line.isascii())


@dataclass
class DelimitedReading(TextReading):
    """One delimited file being read."""

    encoding: str = UTF_8

    def clean(self, chunk: bytes) -> Clean | None:
        """See TextReading. Separators and line ends within quotes do not count."""
        if b"\x00" in chunk or not is_encoded(chunk, self.encoding):
            return None
        if self.encoding != UTF_8:
            chunk = chunk.decode(self.encoding).encode()
        lines = with_lf(chunk)
        if lines is None:
            return None
        chunk, nb_lines = lines, lines.count(b"\n")
        separator = self.dialect.separator.encode()
        nb_separators = chunk.count(separator)
        if QUOTE in chunk:
            pieces = chunk.split(QUOTE)
            quoted = b"".join(pieces[1::2])
            if len(pieces) % 2 == 0 or b"\n" in quoted or _lone_quote(separator).search(chunk):
                return None
            nb_separators -= quoted.count(separator)
        if nb_separators != nb_lines * (len(self.columns) - 1):
            return None
        return chunk, nb_lines

    def repair(self, chunk: bytes, is_last: bool) -> tuple[list[Record], bytes]:
        """See TextReading. A record ends where its quotes are closed and its columns are there."""
        separator = self.dialect.separator.encode()
        records: list[Record] = []
        number, start = self.line, 0
        while start < len(chunk):
            end, fields = _whole_record(chunk, start, separator, len(self.columns))
            if end < 0 and not is_last and len(chunk) - start <= MAX_RECORD_BYTES:
                break
            if fields is None:
                end = chunk.index(b"\n", start)
                fields = _split(chunk[start:end].removesuffix(b"\r"), separator)
            raw = chunk[start:end].removesuffix(b"\r")
            if raw.strip():
                records.append(self._record(number, raw, fields, separator))
            number += chunk.count(b"\n", start, end + 1)
            start = end + 1
        return records, chunk[start:]

    def _record(self, number: int, raw: bytes, fields: list[bytes], separator: bytes) -> Record:
        reason = None
        if len(fields) != len(self.columns):
            reason = TOO_FEW if len(fields) < len(self.columns) else TOO_MANY
        elif b"\x00" in raw or not is_encoded(raw, self.encoding):
            reason = NOT_TEXT
        if reason:
            return Record(number, raw, reason)
        text = self.dialect.record(map(_unquoted, fields))
        return Record(number, text.decode(self.encoding).encode())


def _whole_record(
    chunk: bytes, start: int, separator: bytes, nb_columns: int
) -> tuple[int, list[bytes] | None]:
    """Return (end, fields) of a record: -1 if the chunk ends within quotes, None if none fits."""
    fields: list[bytes] = []
    field = _field(separator)
    position = start
    while len(fields) < nb_columns:
        found = field.match(chunk, position)
        if found is None:
            return -1, None
        fields.append(found[1])
        position = found.end()
        if found[2] != separator:
            break
    is_whole = len(fields) == nb_columns and found is not None and found[2] == b"\n"
    return (position - 1, fields) if is_whole else (0, None)


def _field(separator: bytes) -> re.Pattern[bytes]:
    # A quoted field up to a quote at a border, else whatever stands before the next border.
    border = b"(?:" + re.escape(separator) + rb"|\n)"
    plain = rb"[^" + re.escape(separator) + rb"\n]"
    quoted = rb'"(?:[^"]|"")*"(?=\r?' + border + b")"
    return re.compile(b"(" + quoted + rb'|(?!")' + plain + rb"*?)\r?(" + border + b")")


def _lone_quote(separator: bytes) -> re.Pattern[bytes]:
    inside = rb'[^"\n' + re.escape(separator) + rb"]"
    return re.compile(inside + b'"' + inside)


def _split(line: bytes, separator: bytes) -> list[bytes]:
    """Split one physical line; a quote that does not open and close a field is data."""
    quoted = re.compile(rb'"(?:[^"]|"")*"(?=' + re.escape(separator) + rb"|$)")
    fields = []
    position = 0
    while True:
        found = quoted.match(line, position)
        end = found.end() if found else line.find(separator, position)
        end = len(line) if end < 0 else end
        fields.append(line[position:end])
        if end >= len(line):
            return fields
        position = end + 1


def _unquoted(field: bytes) -> bytes:
    is_quoted = len(field) > 1 and field.startswith(QUOTE) and field.endswith(QUOTE)
    return field[1:-1].replace(b'""', b'"') if is_quoted else field
