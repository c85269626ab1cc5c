"""What `iae share` prints."""

from iae.console import stdout
from iae.sharing.share import Share


def show_share(share: Share) -> None:
    """Say which version of the lake holds the edition, and how to read it."""
    if share.is_new:
        tables = len(share.rows)
        stdout.print(f"Shared {share.edition}: {tables} tables, {sum(share.rows.values()):,} rows.")
        if share.before:
            stdout.print(f"Shared before: {share.before}.")
    else:
        stdout.print(f"The lake holds {share.edition} of this publication already.")
    stdout.print(f"It is version {share.version} of the lake: at (version => {share.version}).")
