"""Reader of workbooks: the first sheet, a header found by its content, cells as text.

Workbooks are small and are read whole; their records leave in the same form as any other reading's.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import python_calamine

from iae.errors import IaeError
from iae.loading.containers import Delivered
from iae.loading.formats.records import Dialect, Reading, column_name

SEPARATOR = "|"
QUOTE = "\x02"
MAX_WORKBOOK_BYTES = 256 << 20
# Title lines stand above the header, not hundreds of them.
_HEADER_ROWS = 100


@dataclass(frozen=True)
class Workbook:
    """A workbook format.

    `filled_down` columns have their value in the first row of a block only (merged cells); the
    cells of a row that holds a total, a cell of `total_columns` that begins with "Total", do not
    fill down. A row whose `data_columns` are all empty is not data; by default, all columns.
    """

    filled_down: tuple[str, ...] = ()
    total_columns: tuple[str, ...] = ()
    data_columns: tuple[str, ...] = ()

    def __call__(self, item: Delivered, wanted: tuple[str, ...], is_careful: bool) -> Reading:
        """Open a workbook and find its header: the first row that has every column looked for."""
        rows = _first_sheet(item)
        headers = [tuple(column_name(_text(cell)) for cell in row) for row in rows[:_HEADER_ROWS]]
        best = max(
            range(len(headers)), key=lambda rank: len({*headers[rank]} & {*wanted}), default=0
        )
        return WorkbookReading(
            item,
            item.open(),
            is_careful,
            columns=headers[best] if headers else (),
            dialect=Dialect(SEPARATOR, QUOTE),
            line=best + 2,
            layout=self,
            rows=rows[best + 1 :],
            wanted=wanted,
        )


@dataclass
class WorkbookReading(Reading):
    """One workbook being read; `line` is the sheet's row."""

    layout: Workbook = field(default_factory=Workbook)
    rows: list[list[object]] = field(default_factory=list)
    wanted: tuple[str, ...] = ()

    def chunks(self) -> Iterator[bytes]:
        """Yield the data rows, as one chunk."""
        records = []
        above: dict[str, str] = {}
        data_columns = self.layout.data_columns or self.wanted
        for line, row in enumerate(self.rows, start=self.line):
            cells = [_text(cell) for cell in row]
            values = dict(zip(reversed(self.columns), reversed(cells), strict=True))
            if not any(values[name].strip() for name in data_columns):
                continue
            is_total = any(
                values[name].strip().casefold().startswith("total")
                for name in self.layout.total_columns
            )
            for name in self.layout.filled_down:
                if not values[name].strip():
                    values[name] = above.get(name, "")
                elif not is_total:
                    above[name] = values[name]
            self.accept(line)
            records.append(SEPARATOR.join(_quoted(values[name]) for name in self.columns))
        if records:
            yield ("\n".join(records) + "\n").encode()


def is_workbook(item: Delivered) -> bool:
    """Tell a workbook from text, by its first bytes: a Zip, or an OLE file for .xls."""
    with item.open() as stream:
        return stream.read(8).startswith((b"PK", b"\xd0\xcf\x11\xe0"))


def _first_sheet(item: Delivered) -> list[list[object]]:
    with item.open() as stream:
        content = stream.read(MAX_WORKBOOK_BYTES + 1)
    if not content:
        raise IaeError(f"{item.label}: is empty; ask for it again.")
    if len(content) > MAX_WORKBOOK_BYTES:
        raise IaeError(
            f"{item.label}: is larger than {MAX_WORKBOOK_BYTES >> 20} MB; it is refused."
        )
    try:
        workbook = python_calamine.load_workbook(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
        return [list(row) for row in sheet.to_python(skip_empty_area=False)]
    except (python_calamine.CalamineError, IndexError, ValueError, OSError):
        raise IaeError(
            f"{item.label}: is not a workbook that can be read; save it again as .xlsx."
        ) from None


def _text(cell: object) -> str:
    """Return a cell as text: dates in ISO form, whole numbers without decimals."""
    if isinstance(cell, str):
        return cell.replace("\x00", "")
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _quoted(value: str) -> str:
    if any(mark in value for mark in (SEPARATOR, QUOTE, "\n", "\r")):
        return QUOTE + value.replace(QUOTE, QUOTE + QUOTE) + QUOTE
    return value
