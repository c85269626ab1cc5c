"""Personal data: a social security number (NIR) is only ever landed as its salted hash."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SALT_FILE = "salt"

# indicator.md, "The counted unit": 13 characters, or 15 with the key, once spaces are removed.
_COMPACT = "upper(translate({column}, ' \t\u00a0\u202f', ''))"
_USABLE = "^[123478][0-9]{4}([0-9]{2}|2[AB])[0-9]{6}([0-9]{2})?$"


def salt(warehouse: Path) -> str:
    """Return IAE_SALT, else the random salt kept beside the warehouse, made on first use."""
    if given := os.environ.get("IAE_SALT"):
        return given
    path = warehouse.parent / SALT_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    return salt(warehouse)


def compact_nir(column: str) -> str:
    """Return SQL: a text in upper case, without spaces."""
    return _COMPACT.format(column=column)


def nir_hash(compact: str) -> str:
    """Return SQL: the hash of a usable NIR, 64 hexadecimal characters, else NULL.

    `compact` is a column that holds what `compact_nir` gives. The salt is the parameter $salt.
    """
    return (
        f"case when regexp_matches({compact}, '{_USABLE}') "
        f"and {compact}[:13] <> repeat({compact}[1], 13) "
        f"then sha256($salt || {compact}[:13]) end"
    )
