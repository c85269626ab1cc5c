"""Months, as people write them on the command line."""

import re
from datetime import date

from iae.errors import IaeError, printable


def parse_month(text: str) -> date:
    """Return the first day of a month written `YYYY-MM`; raise IaeError if it is not one."""
    if not re.fullmatch(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise IaeError(f"{printable(text)} is not a month: write it as 2022-09.")
    return date.fromisoformat(f"{text}-01")
