"""Dataclasses that declare a source: its files, the columns to land, what is checked."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from iae.loading.containers import Delivered
from iae.loading.formats.records import Reading

# Opens a delivered file: the file, the columns looked for, whether to check every line.
Opener = Callable[[Delivered, tuple[str, ...], bool], Reading]


@dataclass(frozen=True)
class Key:
    """A column that figures stand on, and when it is too bad to be loaded.

    `usable` gives the SQL that tells a usable value from the column's, `what` names one. The file
    is refused where their share of the filled values (of all, when `is_required`) is below `least`
    or zero, provided that there are `at_least` of them: a few can be wrong by themselves.
    """

    column: str
    usable: Callable[[str], str]
    what: str
    least: float = 0.2
    at_least: int = 3
    is_required: bool = False


@dataclass(frozen=True)
class Table:
    """One table of a source.

    `pattern` matches the file's name from its start. `columns` are landed, by name; `nir` is landed
    as its salted hash only. `keys` are checked once landed. `example` is a file name to show. Where
    `has_personal_data`, a rejected row's text is not kept.
    """

    name: str
    pattern: str
    example: str
    columns: tuple[str, ...]
    nir: str | None = None
    has_personal_data: bool = True
    keys: tuple[Key, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Columns that a file must have."""
        return (*self.columns, self.nir) if self.nir else self.columns

    @property
    def landed(self) -> tuple[str, ...]:
        """Columns of the raw table, the loader's own aside."""
        return (*self.columns, f"{self.nir}_hash") if self.nir else self.columns

    def is_named(self, name: str) -> bool:
        """Tell whether a file of this name holds the table."""
        return re.match(self.pattern, name, re.IGNORECASE) is not None


@dataclass(frozen=True)
class Gauge:
    """An estimate of what matters in an extract, to compare two of them.

    SQL giving (label, figure); `{table}` stands for each landed table, $date for the extract's
    date. With `at_same_date`, both extracts are measured at the earlier of their dates.
    `is_percentage` figures do not move by chance as counts do.
    """

    sql: str
    at_same_date: bool
    is_percentage: bool = False


@dataclass(frozen=True)
class Source:
    """What a source delivers.

    `date_format` is how names bear the extract's date. With `accumulates`, every extract date
    counts, by its latest load; otherwise the latest extract alone. An extract may be dated
    `days_ahead` at most: one, as clocks differ, but for yearly lists.
    """

    name: str
    tables: tuple[Table, ...]
    open: Opener
    date_format: str = "%Y%m%d"
    accumulates: bool = False
    days_ahead: int = 1
    gauges: tuple[Gauge, ...] = ()

    def date_in(self, name: str) -> dt.date | None:
        """Return the first date in a name, its parts joined or not by one of `-_.`."""
        digits = self.date_format.replace("%Y", r"(\d{4})")
        digits = digits.replace("%m", r"(\d\d)").replace("%d", r"(\d\d)").replace(")(", ")[-_.]?(")
        for found in re.finditer(rf"(?<!\d){digits}(?!\d)", name, re.ASCII):
            try:
                return dt.datetime.strptime("".join(found.groups()), self.date_format).date()
            except ValueError:
                continue
        return None
