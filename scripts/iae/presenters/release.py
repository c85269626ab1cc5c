"""What `iae release` prints."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from iae.console import stdout
from iae.presenters.protection import show_protection
from iae.publishing.protection import Protection
from iae.release.release import Release


def show_release(release: Release, protection: Protection | None) -> None:
    """Show what was written, what it rounded away and what an attacker can still know."""
    if not release.is_new:
        stdout.print(f"{release.folder}: holds these figures already.")
    else:
        table = Table("table", box=SIMPLE_HEAD)
        table.add_column("rows", justify="right")
        for name, rows in release.rows.items():
            table.add_row(name, f"{rows:,}")
        stdout.print(table)
        stdout.print(f"Released in {release.folder}.")
    for sentence in release.changes:
        stdout.print(f"- {sentence}")
    if release.is_synthetic:
        stdout.print("Some figures are made up: the package and each of their rows say so.")
    if protection is not None:
        show_protection(protection)
