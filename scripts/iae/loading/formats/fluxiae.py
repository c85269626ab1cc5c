"""Reader of the FluxIAE format: `|`, no quoting, DEB and FIN rows, raw line breaks in fields.

Rules: docs/sources.md, "asp_fluxiae". Real extracts have no control character, so U+0002 can quote
the rare field that holds a line break on its way to DuckDB.
"""

import datetime as dt
import re
from dataclasses import dataclass

from iae.errors import IaeError
from iae.loading.containers import Delivered
from iae.loading.formats.records import (
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

SEPARATOR = b"|"
QUOTE = b"\x02"
_DEB = re.compile(rb"DEB(?P<view>\w*?)(?P<date>\d{8})_\d{6}[|\s]*")
_FIN = re.compile(rb"FIN(?P<records>\d+)[|\s]*")
_SPECIAL = re.compile(rb"[\n\r\x02]")
_VALUE = re.compile(rb"[\d\s/:.,+-]*|true|false")
_MAX_JOINED_LINES = 200
_NB_LINES_LOOKED_AT = 500


def open_fluxiae(item: Delivered, wanted: tuple[str, ...], is_careful: bool) -> Reading:
    """Open a FluxIAE file and read its envelope and header; raise IaeError where it is empty."""
    reading = FluxIaeReading(
        item,
        item.open(),
        is_careful,
        dialect=Dialect(quotes_separators=False),
    )
    reading.read_header()
    return reading


@dataclass
class _Line:
    """One physical line: its number, text without line end, line end, number of separators."""

    number: int
    text: bytes
    end: bytes
    nb_separators: int


class FluxIaeReading(TextReading):
    """One FluxIAE file being read."""

    def read_header(self) -> None:
        """Read the DEB row, if there is one, and the header; blank lines above are skipped."""
        line = self._next_filled_line()
        if deb := _DEB.fullmatch(line):
            try:
                self.date = dt.datetime.strptime(deb["date"].decode(), "%d%m%Y").date()
            except ValueError:
                raise IaeError(
                    f"{self.item.label}, line {self.line - 1}: the DEB row bears no date "
                    "DDMMYYYY; ask for the file again."
                ) from None
            line = self._next_filled_line()
        self.header = line
        self.columns = tuple(
            column_name(name) for name in line.decode("utf-8", "replace").split("|")
        )
        self.nb_separators = len(self.columns) - 1
        self.breaks_in_first_column = self._look_at_columns()
        # How a DEB or FIN row with the right number of separators ends.
        self.padding = SEPARATOR * self.nb_separators + b"\n"

    def _next_filled_line(self) -> bytes:
        while (line := self.next_line()) is not None:
            if line.strip():
                return line
        raise IaeError(f"{self.item.label}: is empty, without a header; ask for it again.")

    def _look_at_columns(self) -> bool:
        """Decide where a fragment goes in a file that gives no other proof, by its first lines.

        A line break is in a free text: in the first column when that one is text and the last is
        an id, a date or a number, else in the last.
        """
        whole = [
            line
            for line in self._buffer.split(b"\n", _NB_LINES_LOOKED_AT)[:_NB_LINES_LOOKED_AT]
            if line.count(SEPARATOR) == self.nb_separators and not _FIN.fullmatch(line)
        ]
        return (
            any(line.rpartition(SEPARATOR)[2].strip() for line in whole)
            and all(_VALUE.fullmatch(line.rpartition(SEPARATOR)[2]) for line in whole)
            and not all(_VALUE.fullmatch(line.partition(SEPARATOR)[0]) for line in whole)
        )

    def take_end(self, block: bytes) -> bytes:
        """Take the FIN row off the last block."""
        filled = block.rstrip(b"\r\n \t")
        start = filled.rfind(b"\n") + 1
        if fin := _FIN.fullmatch(filled[start:]):
            self.nb_announced = int(fin["records"])
            return block[:start]
        return block

    def clean(self, chunk: bytes) -> Clean | None:
        """See TextReading. A blank line, too, makes the counts differ."""
        lines = with_lf(chunk)
        if lines is None:
            return None
        nb_lines = lines.count(b"\n")
        if (
            lines.count(SEPARATOR) != nb_lines * self.nb_separators
            or b"\x00" in lines
            or QUOTE in lines
            or self.padding in lines
            or lines.startswith(self.header)
            or b"\n" + self.header in lines
            or not is_encoded(lines)
        ):
            return None
        return lines, nb_lines

    def repair(self, chunk: bytes, is_last: bool) -> tuple[list[Record], bytes]:
        """See TextReading. The last record is kept back: the next chunk may continue it."""
        repair = _Repair(self)
        for number, text in enumerate(chunk.split(b"\n")[:-1], start=self.line):
            end = b"\r\n" if text.endswith(b"\r") else b"\n"
            repair.take(_Line(number, text.removesuffix(b"\r"), end, text.count(SEPARATOR)))
        if is_last:
            repair.end()
        return repair.records, b"".join(line.text + line.end for line in repair.kept_lines())


class _Repair:
    """Puts physical lines together into records (docs/sources.md, "asp_fluxiae")."""

    def __init__(self, reading: FluxIaeReading) -> None:
        self.records: list[Record] = []
        self._reading = reading
        # The lines of the last record, which what follows may continue, and why it does not fit.
        self._previous: list[_Line] = []
        self._reason: str | None = None
        # Lines that make no whole record yet.
        self._pending: list[_Line] = []

    def take(self, line: _Line) -> None:
        """Take the next physical line."""
        if reason := self._foreign_row(line.text):
            self._settle()
            self._begin([line], reason)
            return
        total = _nb_separators(self._pending) + line.nb_separators
        if total > self._reading.nb_separators and self._pending:
            self._settle()
            total = line.nb_separators
        self._pending.append(line)
        if total == self._reading.nb_separators:
            self._settle()
        elif total > self._reading.nb_separators:
            self._settle(TOO_MANY)
        elif (
            len(self._pending) > _MAX_JOINED_LINES
            or sum(len(one.text) + 1 for one in self._pending) > MAX_RECORD_BYTES
        ):
            self._settle()

    def end(self) -> None:
        """Take the end of the file."""
        self._settle()
        self._finish()

    def kept_lines(self) -> list[_Line]:
        """Return the lines of the last record and of what follows it, not settled yet."""
        return [*self._previous, *self._pending]

    def _foreign_row(self, text: bytes) -> str | None:
        if text == self._reading.header:
            return "header repeated"
        if text.startswith(b"FIN") and _FIN.fullmatch(text):
            return "FIN row before the end of the file"
        if text.startswith(b"DEB") and _DEB.fullmatch(text):
            return "DEB row within the file"
        return None

    def _settle(self, reason: str | None = None) -> None:
        """Make a record of the pending lines; leading fragments may end the record before."""
        lines, self._pending = self._pending, []
        nb_leading = next(
            (rank for rank, line in enumerate(lines) if line.nb_separators), len(lines)
        )
        leading, body = lines[:nb_leading], lines[nb_leading:]
        while leading and self._previous and self._goes_back(leading[0], bool(body)):
            self._previous.append(leading.pop(0))
            if len(self._previous) > _MAX_JOINED_LINES:
                self._finish()
        while leading and not leading[0].text.strip():
            leading.pop(0)
        if joined := [*leading, *body]:
            is_short = _nb_separators(joined) < self._reading.nb_separators
            self._begin(joined, TOO_FEW if is_short else reason)

    def _goes_back(self, fragment: _Line, has_body: bool) -> bool:
        if self._reading.is_crlf and self._previous[-1].end == b"\n":
            return True  # here a bare LF is inside a field, and CR LF ends a record
        if self._reading.is_crlf and fragment.end == b"\n":
            return not has_body
        return not has_body or not self._reading.breaks_in_first_column

    def _begin(self, lines: list[_Line], reason: str | None) -> None:
        self._finish()
        self._previous, self._reason = lines, reason

    def _finish(self) -> None:
        lines, self._previous = self._previous, []
        if not lines:
            return
        # Blank lines that close a record are between records.
        while len(lines) > 1 and not lines[-1].text.strip():
            lines.pop()
        text = b"".join(line.text + line.end for line in lines).removesuffix(lines[-1].end)
        reason = self._reason
        if not reason and (b"\x00" in text or not is_encoded(text)):
            reason = NOT_TEXT
        if not reason and _SPECIAL.search(text):  # few records have a break
            text = self._reading.dialect.record(text.split(SEPARATOR))
        self.records.append(Record(lines[0].number, text, reason))


def _nb_separators(lines: list[_Line]) -> int:
    return sum(line.nb_separators for line in lines)
