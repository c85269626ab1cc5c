"""What the loader's commands show: tables, progress, faults."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from iae.console import stderr, stdout, table_of
from iae.loading.drops import Extract
from iae.loading.history import Load
from iae.loading.load import Outcome

# Below this size a file is loaded before a bar can be read.
LONG_BYTES = 8 << 20


def show_left_alone(names: list[str]) -> None:
    """Name the files that belong to no source."""
    if names:
        stdout.print(f"Left alone: {', '.join(names)}")


@contextmanager
def progress(extract: Extract) -> Iterator[Callable[[str, int], None]]:
    """Show a bar on a long extract, by bytes of the containers consumed."""
    if extract.nb_bytes < LONG_BYTES or not stderr.is_terminal:
        yield lambda label, position: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True) as bar:
        tasks = {}
        for table, item in extract.files.items():
            name, size = f"{extract.source.name}: {table}", item.path.stat().st_size
            tasks[item.label] = bar.add_task(name, total=size, start=False)

        def advance(label: str, position: int) -> None:
            if not bar.tasks[tasks[label]].started:
                bar.start_task(tasks[label])
            bar.update(tasks[label], completed=position)

        yield advance


def show_outcomes(outcomes: list[Outcome]) -> None:
    """Show what was landed, file by file, and what was not, with why."""
    table = table_of("file", "table", right=["rows", "rejected", "seconds"])
    for outcome in outcomes:
        for file in outcome.files:
            table.add_row(
                Text(file.file, overflow="fold"),
                f"{outcome.source}__{file.table}",
                f"{file.nb_rows:,}",
                f"{file.nb_rejected:,}",
                f"{file.seconds:.1f}",
            )
    if table.rows:
        stdout.print(table)
    show_left_alone(
        [name for outcome in outcomes for file in outcome.files for name in file.left_alone]
    )
    for outcome in outcomes:
        what = f"{outcome.source}, extract of {outcome.date:%Y-%m-%d}"
        stdout.print(f"{what}: {outcome.note}")


def show_rolled_back(source: str, before: Load, now: Load | None) -> None:
    """Say which extract is current again."""
    current = f"extract of {now.date:%Y-%m-%d} is current again" if now else "no other of its date"
    stdout.print(f"{source}: extract of {before.date:%Y-%m-%d} taken back; {current}.")
