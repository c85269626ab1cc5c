"""Reader of workbooks, read whole: every visible sheet that has the header, cells as text."""

import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

import python_calamine

from iae.errors import IaeError
from iae.loading.containers import Delivered
from iae.loading.contents import description
from iae.loading.formats.records import Reading, column_name

MAX_WORKBOOK_BYTES = 256 << 20
# Title lines stand above the header, not hundreds of them.
_HEADER_ROWS = 100
# docs/sources.md, "bpifrance_iti": how a row of totals begins, words apart (is_total_label.sql).
_TOTALS = ("total", "sous total", "ensemble")

Rows = list[list[object]]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: the row taken for the header, counted from 1, and those below."""

    name: str
    columns: tuple[str, ...]
    header_line: int
    rows: Rows

    def nb_found(self, wanted: tuple[str, ...]) -> int:
        """Return how many of the wanted columns the header has."""
        return len({*self.columns} & {*wanted})


@dataclass(frozen=True)
class Workbook:
    """A workbook format.

    `filled_down` columns have their value in the first row of a block only (merged cells); the
    cells of a row that holds a total, told by its `total_columns`, do not fill down. A row whose
    `data_columns` are all empty is not data; by default, all columns.
    """

    filled_down: tuple[str, ...] = ()
    total_columns: tuple[str, ...] = ()
    data_columns: tuple[str, ...] = ()

    def __call__(self, item: Delivered, wanted: tuple[str, ...], is_careful: bool) -> Reading:
        """Open a workbook and find the sheets that have every column, else the one with most."""
        contents, left_alone = _visible_sheets(item)
        sheets = [_sheet(name, rows, wanted) for name, rows in contents]
        whole = [sheet for sheet in sheets if sheet.nb_found(wanted) == len({*wanted})]
        best = max(sheets, key=lambda sheet: sheet.nb_found(wanted), default=None)
        read = whole or ([best] if best else [])
        left_alone += [
            f"{one.name} (no such header)" for one in sheets if one not in read and one.columns
        ]
        return WorkbookReading(
            item,
            item.open(),
            is_careful,
            columns=read[0].columns if read else (),
            left_alone=[f"{item.label}, sheet {name}" for name in left_alone],
            layout=self,
            sheets=read,
            wanted=wanted,
        )


@dataclass
class WorkbookReading(Reading):
    """One workbook being read. Lines are rows, numbered through all sheets."""

    layout: Workbook = field(default_factory=Workbook)
    sheets: list[Sheet] = field(default_factory=list)
    wanted: tuple[str, ...] = ()

    @property
    def header_place(self) -> str:
        """Where the header was looked for: the sheet and line that have most of it."""
        others = f"; {'; '.join(self.left_alone)}" if self.left_alone else ""
        if not self.sheets:
            return f"no visible sheet{others}"
        sheet = self.sheets[0]
        return f"sheet {sheet.name}, line {sheet.header_line}{others}"

    def chunks(self) -> Iterator[bytes]:
        """Yield the data rows, as one chunk, their columns in the order of the first sheet."""
        records = []
        line = 0
        for sheet in self.sheets:
            above: dict[str, str] = {}
            line += sheet.header_line
            for row in sheet.rows:
                line += 1
                cells = dict(zip(reversed(sheet.columns), reversed(row), strict=True))
                values = {name: _text(cells.get(name, "")) for name in self.columns}
                if self._is_data(values):
                    self._fill_down(values, above)
                    self.accept(line)
                    fields = [values[name].encode() for name in self.columns]
                    records.append(self.dialect.record(fields) + b"\n")
        if records:
            yield b"".join(records)

    def _is_data(self, values: dict[str, str]) -> bool:
        # A header is repeated where one table stands below another, or on each printed page.
        return any(
            values[name].strip() for name in self.layout.data_columns or self.wanted
        ) and not all(column_name(values[name]) == name for name in self.wanted)

    def _fill_down(self, values: dict[str, str], above: dict[str, str]) -> None:
        is_total = any(_is_total(values[name]) for name in self.layout.total_columns)
        for name in self.layout.filled_down:
            if not values[name].strip():
                values[name] = above.get(name, "")
            elif not is_total:
                above[name] = values[name]


def is_workbook(item: Delivered) -> bool:
    """Tell a workbook from text, by its first bytes: a Zip, or an OLE file for .xls."""
    with item.open() as stream:
        return stream.read(8).startswith((b"PK", b"\xd0\xcf\x11\xe0"))


def _visible_sheets(item: Delivered) -> tuple[list[tuple[str, Rows]], list[str]]:
    """Return the visible sheets, name and rows, and the others, name and why."""
    with item.open() as stream:
        content = stream.read(MAX_WORKBOOK_BYTES + 1)
    if not content:
        raise IaeError(f"{item.label}: is empty; ask for it again.")
    if len(content) > MAX_WORKBOOK_BYTES:
        raise IaeError(
            f"{item.label}: is larger than {MAX_WORKBOOK_BYTES >> 20} MB; it is refused."
        )
    sheets: list[tuple[str, Rows]] = []
    others: list[str] = []
    try:
        workbook = python_calamine.load_workbook(io.BytesIO(content))
        for rank, sheet in enumerate(workbook.sheets_metadata):
            if sheet.typ is not python_calamine.SheetTypeEnum.WorkSheet:
                others.append(f"{sheet.name} (not of cells)")
            elif sheet.visible is not python_calamine.SheetVisibleEnum.Visible:
                others.append(f"{sheet.name} (hidden)")
            else:
                cells = workbook.get_sheet_by_index(rank).to_python(skip_empty_area=False)
                sheets.append((sheet.name, [list(row) for row in cells]))
    except python_calamine.PasswordError:
        raise IaeError(
            f"{item.label}: is a workbook protected by a password; save it without one."
        ) from None
    except (python_calamine.CalamineError, IndexError, ValueError, OSError):
        raise _no_workbook(item) from None
    return sheets, others


def _no_workbook(item: Delivered) -> IaeError:
    what, advice = description(item) or ("a text", "save it as .xlsx")
    if what in ("a workbook", "an Excel workbook"):
        return IaeError(
            f"{item.label}: is a workbook that cannot be read; open it and save it again as .xlsx."
        )
    return IaeError(f"{item.label}: is {what}, where a workbook is expected; {advice}.")


def _sheet(name: str, rows: Rows, wanted: tuple[str, ...]) -> Sheet:
    """Return a sheet with its header: the first row that has most of the columns looked for."""
    headers = [tuple(column_name(_text(cell)) for cell in row) for row in rows[:_HEADER_ROWS]]
    best = max(range(len(headers)), key=lambda rank: len({*headers[rank]} & {*wanted}), default=0)
    return Sheet(name, headers[best] if headers else (), best + 1, rows[best + 1 :])


def _is_total(text: str) -> bool:
    words = re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold())
    return words.strip().startswith(_TOTALS)


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
