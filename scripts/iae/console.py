"""The two consoles that every command prints to, and how a fault is shown."""

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from iae.errors import IaeError

# Names come from files: they are shown as they are, never read as markup.
stdout = Console(markup=False, highlight=False, soft_wrap=True)
stderr = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
for _console in (stdout, stderr):
    if not _console.is_terminal:
        _console.width = max(_console.width, 140)  # a log is not folded


def table_of(*names: str, right: Sequence[str] = (), **options: Any) -> Table:
    """Return a table of text columns, then of columns of numbers."""
    table = Table(*names, **options)
    for name in right:
        table.add_column(name, justify="right")
    return table


def show_rows(name: str, rows: dict[str, int]) -> None:
    """Show how many rows each of several tables has."""
    table = table_of(name, right=["rows"], box=SIMPLE_HEAD)
    for one, nb_rows in rows.items():
        table.add_row(one, f"{nb_rows:,}")
    stdout.print(table)


def show_fault(fault: IaeError) -> None:
    """Show a fault as one sentence, then the figures that explain it."""
    stderr.print(Text("Error: ", "bold red") + Text(str(fault)))
    if fault.figures:
        table = table_of("figure", right=["current", "new", "change"], title="What falls")
        for label, before, now in fault.figures:
            table.add_row(label, f"{before:,}", f"{now:,}", f"{now / before - 1:+.1%}")
        stderr.print(table)


def show_traceback(text: str) -> None:
    """Show a traceback as it is."""
    stderr.print(Text(text.rstrip()))
