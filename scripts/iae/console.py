"""The two consoles that every command prints to, and how a fault is shown."""

from __future__ import annotations

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


def show_fault(fault: IaeError) -> None:
    """Show a fault as one sentence, then the figures that explain it."""
    stderr.print(Text("Error: ", "bold red") + Text(str(fault)))
    if fault.figures:
        table = Table("figure", title="What falls")
        for name in ("current", "new", "change"):
            table.add_column(name, justify="right")
        for label, before, now in fault.figures:
            table.add_row(label, f"{before:,}", f"{now:,}", f"{now / before - 1:+.1%}")
        stderr.print(table)


def show_traceback(text: str) -> None:
    """Show a traceback as it is."""
    stderr.print(Text(text.rstrip()))
