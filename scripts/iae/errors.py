"""What a user can cause, told in one sentence."""

import os
import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def printable(name: str | os.PathLike[str]) -> str:
    """Return a file name that can be shown, stored and bound: Unicode, no control character."""
    return _CONTROL.sub("?", os.fsencode(name).decode("utf-8", "replace"))


def listed(names: list[str], at_most: int = 5) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(names[:at_most])
    return f"{shown} and {len(names) - at_most} more" if len(names) > at_most else shown


class IaeError(Exception):
    """A fault of the input or the surroundings: a sentence, and rows (label, before, now)."""

    def __init__(self, message: str, figures: list[tuple[str, int, int]] | None = None) -> None:
        super().__init__(message)
        self.figures = figures or []
