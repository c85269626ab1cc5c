"""What `iae site` prints."""

from iae.console import stdout
from iae.site.build import SiteSummary


def show_site(summary: SiteSummary) -> None:
    """Show where the page is, what it holds, and what it links to that is not there yet."""
    stdout.print(
        f"Page of {summary.nb_months} months and {len(summary.downloads)} downloads "
        f"written in {summary.index}."
    )
    if not summary.has_catalogue:
        stdout.print("The catalogue it links to is not there yet: make docs.")
