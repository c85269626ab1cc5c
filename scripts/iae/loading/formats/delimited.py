"""Reader of delimited text: a header row, one separator, fields that may be quoted with `"`."""

from __future__ import annotations

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
        reading.head()
        line = reading.next_line()
        # Excel may write `sep=;` above the header.
        while line is not None and (not line.strip() or re.fullmatch(rb"sep=.", line, re.I)):
            line = reading.next_line()
        if line is None:
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
    nb_valid = nb_invalid = 0
    rest = b""
    with item.open() as stream:
        while data := stream.read(CHUNK_BYTES):
            lines, end, rest = (rest + data).rpartition(b"\n")
            if (lines + end).isascii():
                continue
            for line in lines.split(b"\n"):
                if not line.isascii():
                    if _is_encoded(line, UTF_8):
                        nb_valid += 1
                    else:
                        nb_invalid += 1
    if not rest.isascii():
        nb_valid, nb_invalid = (
            (nb_valid + 1, nb_invalid) if _is_encoded(rest, UTF_8) else (nb_valid, nb_invalid + 1)
        )
    return WINDOWS_1252 if nb_invalid > nb_valid else UTF_8


@dataclass
class DelimitedReading(TextReading):
    """One delimited file being read."""

    encoding: str = UTF_8

    def clean(self, chunk: bytes) -> Clean | None:
        """See TextReading. Separators and line ends within quotes do not count."""
        if b"\x00" in chunk or not _is_encoded(chunk, self.encoding):
            return None
        if self.encoding != UTF_8:
            chunk = chunk.decode(self.encoding).encode()
        nb_lines = chunk.count(b"\n")
        if b"\r" in chunk:
            if not chunk.count(b"\r") == chunk.count(b"\r\n") == nb_lines:
                return None
            chunk = chunk.replace(b"\r\n", b"\n")
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
        return Clean(chunk, nb_lines)

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
        elif b"\x00" in raw or not _is_encoded(raw, self.encoding):
            reason = NOT_TEXT
        if reason:
            return Record(number, raw, reason)
        text = separator.join(_requoted(field, separator) for field in fields)
        return Record(number, text.decode(self.encoding).encode())


def _whole_record(
    chunk: bytes, start: int, separator: bytes, nb_columns: int
) -> tuple[int, list[bytes] | None]:
    """Return (end, fields) of the record at `start`; fields are None when it does not fit.

    The end is -1 when the chunk ends within quotes.
    """
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


def _is_quoted(field: bytes) -> bool:
    return len(field) > 1 and field.startswith(QUOTE) and field.endswith(QUOTE)


def _unquoted(field: bytes) -> bytes:
    return field[1:-1].replace(b'""', b'"') if _is_quoted(field) else field


def _requoted(field: bytes, separator: bytes) -> bytes:
    value = _unquoted(field)
    if any(mark in value for mark in (QUOTE, separator, b"\n", b"\r")):
        return QUOTE + value.replace(QUOTE, b'""') + QUOTE
    return value


def _is_encoded(text: bytes, encoding: str) -> bool:
    if text.isascii():
        return True
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
