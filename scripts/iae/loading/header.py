"""The columns that a file must have, and what the file is when it does not have them."""

from iae.errors import IaeError, listed
from iae.loading.contents import description
from iae.loading.declaration import Table
from iae.loading.formats.records import Reading, TextReading
from iae.loading.sources import SOURCES


def check_columns(reading: Reading, table: Table) -> None:
    """Raise IaeError where a wanted column is missing or repeated: what the file is, and where."""
    missing = [name for name in table.wanted if name not in reading.columns]
    repeated = [name for name in table.wanted if reading.columns.count(name) > 1]
    is_text = isinstance(reading, TextReading)
    if missing and is_text and (found := description(reading.item)):
        what, advice = found
        raise IaeError(
            f"{reading.item.label}: is {what}, where text in columns is expected; {advice}."
        )
    if missing:
        raise IaeError(
            f"{reading.item.label}, {reading.header_place}: the header has no column "
            f"{listed(missing)}{_other_table(reading, table)}; ask for the file again."
        )
    if repeated:
        raise IaeError(
            f"{reading.item.label}, {reading.header_place}: the header has column "
            f"{listed(repeated)} more than once; ask for the file again."
        )


def _other_table(reading: Reading, table: Table) -> str:
    """Say which table's columns these are, where they are another's; never the line itself."""
    for source in SOURCES.values():
        for other in source.tables:
            if other is not table and {*other.wanted} <= {*reading.columns}:
                return f" (its columns are those of {source.name}, {other.name})"
    if isinstance(reading, TextReading) and len(reading.columns) == 1:
        return f" (it has no {reading.dialect.separator!r} between columns)"
    return ""
