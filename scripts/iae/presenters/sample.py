"""What `iae sample` shows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.filesize import decimal
from rich.text import Text

from iae.console import stderr, stdout, table_of
from iae.errors import printable
from iae.loading.drops import PASSWORD_VARIABLE
from iae.sample import MARKER
from iae.sample.text_files import WrittenFile
from iae.sample.weeks import PASSWORD


@contextmanager
def progress() -> Iterator[Callable[[WrittenFile], None]]:
    """Show on a terminal which file is done."""
    with stderr.status("Drawing people and contracts") as status:
        yield lambda file: status.update(f"Written: {file.path.name}, {file.nb_rows:,} rows")


def show_files(out: Path, files: list[WrittenFile], *, is_archived: bool) -> None:
    """Show each file with its rows and its size on disk."""
    table = table_of("file", right=["rows", "size"])
    for file in files:
        name = printable(file.path.relative_to(out))
        table.add_row(Text(name, overflow="fold"), f"{file.nb_rows:,}", decimal(file.nb_bytes))
    stdout.print(table)
    command = f"iae load {printable(out)}"
    if is_archived:
        command = f"{PASSWORD_VARIABLE}={PASSWORD} {command}/<week>"
    stdout.print(f"Synthetic, as its {MARKER} says. Next: {command}", markup=False)
