"""The words in which a source is declared."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from iae.loading.containers import Delivered
from iae.loading.formats.records import Reading

# Opens a delivered file: the file, the columns looked for, whether to check every line.
Opener = Callable[[Delivered, tuple[str, ...], bool], Reading]


@dataclass(frozen=True)
class Table:
    """One table of a source.

    `pattern` matches the file's path below the source's folder; its group `date` is the extract's
    date. `columns` are landed, by name; `nir` is landed as its salted hash only. `keep` are values
    a row must have to be landed at all. `example` is a file name to show. Where
    `has_personal_data`, a rejected row's text is not kept.
    """

    name: str
    pattern: str
    example: str
    columns: tuple[str, ...]
    nir: str | None = None
    has_personal_data: bool = True
    keep: dict[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Columns that a file must have."""
        return (*self.columns, self.nir) if self.nir else self.columns

    @property
    def landed(self) -> tuple[str, ...]:
        """Columns of the raw table, the loader's own aside."""
        return (*self.columns, f"{self.nir}_hash") if self.nir else self.columns

    def match(self, path: str) -> re.Match[str] | None:
        """Match a path below the source's folder."""
        return re.match(self.pattern, path, re.IGNORECASE)


@dataclass(frozen=True)
class Gauge:
    """An estimate of what matters in an extract, to compare two of them.

    SQL giving (label, figure); `{table}` stands for each landed table, $date for the extract's
    date. With `at_same_date`, both extracts are measured at the earlier of their dates.
    """

    sql: str
    at_same_date: bool


@dataclass(frozen=True)
class Source:
    """What a source delivers.

    With `accumulates`, every extract date counts, by its latest load; otherwise the latest extract
    alone. With `is_one_extract`, all files of the folder belong together.
    """

    name: str
    tables: tuple[Table, ...]
    open: Opener
    date_format: str
    glob: str = "*"
    accumulates: bool = False
    is_one_extract: bool = False
    gauges: tuple[Gauge, ...] = ()
