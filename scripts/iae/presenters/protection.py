"""What `iae publish` and `iae release` say of the protection of the open tables."""

from rich.box import SIMPLE_HEAD

from iae.console import stdout, table_of
from iae.protection.audit import Protection


def show_protection(protection: Protection) -> None:
    """Show what the rounding loses by level and type, and what an attacker can still know."""
    if protection.base == 1:
        stdout.print("Open tables: exact figures (base 1), for restricted diffusion only.")
        return
    table = table_of(
        *("level", "type or scope"),
        right=["mean", "mean, unsigned", "largest"],
        box=SIMPLE_HEAD,
        title=f"Lost by rounding to {protection.base}, in persons",
    )
    for loss in protection.loss:
        table.add_row(
            loss.territory_level,
            loss.component,
            f"{loss.mean_deviation:+.2f}",
            f"{loss.mean_absolute_deviation:.2f}",
            str(loss.largest_deviation),
        )
    stdout.print(table)
    last = protection.base - 1
    stdout.print(
        f"Nobody who reads everything can narrow any of the {protection.nb_sensitive:,} cells of 1 "
        f"to {last} people to fewer than {protection.base} values, except where public totals "
        "alone do so. "
        f"{protection.nb_known:,} totals were public exactly; {protection.nb_solved:,} cells asked "
        "for the solver."
    )
    if protection.nb_unchanged:
        stdout.print(
            f"Of {protection.nb_unchanged:,} cells unchanged since the last edition, "
            f"{protection.nb_moved:,} are rounded otherwise, {protection.nb_betrayed:,} of them "
            f"of 1 to {last} people: a reader who guesses that these have not changed learns more."
        )
    if protection.nb_beyond_base:
        stdout.print(
            f"{protection.nb_beyond_base:,} sums had to go to a farther multiple, so that all sums "
            "hold."
        )
