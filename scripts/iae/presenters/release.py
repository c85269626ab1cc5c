"""What `iae release` prints."""

from iae.console import show_rows, stdout
from iae.presenters.protection import show_protection
from iae.protection.audit import Protection
from iae.release.release import Release


def show_release(release: Release, protection: Protection | None) -> None:
    """Show what was written, what it rounded away and what an attacker can still know."""
    if not release.is_new:
        stdout.print(f"{release.folder}: holds these figures already.")
    else:
        show_rows("table", release.rows)
        stdout.print(f"Released in {release.folder}.")
    for sentence in release.changes:
        stdout.print(f"- {sentence}")
    if release.is_synthetic:
        stdout.print("Some figures are made up: the package and each of their rows say so.")
    if protection is not None:
        show_protection(protection)
