"""The salt of the NIRs: one and the same for all that is loaded, or people would count twice."""

from pathlib import Path
from typing import Any

import duckdb

from iae.errors import IaeError
from iae.loading.sources import SOURCES
from iae.secret import Secret, given_secret, kept_secret, make_secret
from iae.sql import rows_if_there

VARIABLE = "IAE_SALT"
FILE = "salt"

_TABLES_WITH_NIR = [
    [source.name, table.name] for source in SOURCES.values() for table in source.tables if table.nir
]


def salt(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> str:
    """Return IAE_SALT, else the salt kept by the warehouse; raise IaeError for another one."""
    known = _known(connection)
    found = check_salt(connection, warehouse) or make_secret(warehouse.parent / FILE)
    if known is None or not found.is_of(known[0]):
        connection.execute("delete from raw.salts")
        connection.execute(
            "insert into raw.salts values (?, ?)",
            [found.fingerprint(), VARIABLE if found.origin == VARIABLE else FILE],
        )
    return found.text


def check_salt(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> Secret | None:
    """Return the salt to use, if any; raise IaeError where it is not that of what is loaded."""
    known = _known(connection)
    given = given_secret(VARIABLE)
    path = warehouse.parent / FILE
    found = given or kept_secret(path)
    if not _is_needed(connection):
        return found
    if found is None:
        raise IaeError(
            f"The salt of what is loaded is gone: {path} is not there and {VARIABLE} is not set; "
            f"put the file back, or set {VARIABLE} as it was."
        )
    if known is None or found.is_of(known[0]):
        return found
    fingerprint, kind = known
    if given and (kept := kept_secret(path)) and kept.is_of(fingerprint):
        advice = f"unset {VARIABLE}: the right one is in {path}"
    elif not given and kind == VARIABLE:
        advice = f"set {VARIABLE} as it was then"
    else:
        advice = f"give the first one back, in {VARIABLE} or in {path}"
    raise IaeError(
        f"{found.origin}: is another salt than the one of what is loaded, and people would be "
        f"counted twice; {advice} (or load everything again into another warehouse)."
    )


def _known(connection: duckdb.DuckDBPyConnection) -> tuple[Any, ...] | None:
    """Return the fingerprint of the salt of what is loaded, and whether it was in the variable."""
    known = rows_if_there(connection, "select fingerprint, origin from raw.salts")
    return known[0] if known else None


def _is_needed(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether hashes of NIRs are loaded."""
    return bool(
        connection.execute(
            """
            select true
            from raw.extract_files
            where [source, table_name] in (select unnest($tables))
            limit 1
            """,
            {"tables": _TABLES_WITH_NIR},
        ).fetchone()
    )
