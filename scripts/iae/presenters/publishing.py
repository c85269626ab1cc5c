"""What `iae publish` shows."""

from pathlib import Path

from iae.console import show_rows, stdout
from iae.errors import printable
from iae.presenters.protection import show_protection
from iae.publishing.proof import Proof
from iae.publishing.swap import Publication


def show_publication(publication: Publication) -> None:
    """Show the marts that were published, where, and what the tests of the build warn of."""
    if not publication.is_new:
        stdout.print(f"{publication.path}: holds the last build already.")
    else:
        show_rows("mart", publication.rows)
        if publication.protection is not None:
            show_protection(publication.protection)
        stdout.print(f"Published in {publication.path}.")
    if publication.kept:
        stdout.print(f"Edition kept in {publication.kept}.")
    for warning in publication.warnings:
        stdout.print(f"Warning: {warning}")


def show_proof(proof: Proof, path: Path) -> None:
    """Say what would be published, and where."""
    stdout.print(
        f"The last build is green: {len(proof.relations)} tables may be published in "
        f"{printable(path)} (iae publish)."
    )
