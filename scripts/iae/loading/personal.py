"""Personal data: a social security number (NIR) is only ever landed as its salted hash."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from iae.loading.codes import as_typed

SALT_FILE = "salt"

# docs/indicator.md, "The counted unit": 13 characters, or 15 with the key.
_DIGITS = "[0-9]{13}([0-9]{2})?"
_USABLE = "[123478][0-9]{4}([0-9]{2}|2[AB])[0-9]{6}([0-9]{2})?"


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
    """Return SQL: a text in upper case, without spaces and what spreadsheets add to codes."""
    return (
        f"case when regexp_full_match({column}, '{_DIGITS}') then {column} "
        f"else upper({as_typed(column)}) end"
    )


def nir_hash(compact: str) -> str:
    """Return SQL: the hash of a usable NIR, 64 hexadecimal characters, else NULL.

    `compact` is a column that holds what `compact_nir` gives. The salt is the parameter $salt.
    """
    return (
        f"case when regexp_full_match({compact}, '{_USABLE}') "
        # Order number 000: no person has it, it fills a field.
        f"and {compact}[11:13] <> '000' and {compact}[:13] <> repeat({compact}[1], 13) "
        f"then sha256($salt || {compact}[:13]) end"
    )


def looks_like_nir(text: str) -> bool:
    """Tell whether a text may be a NIR, usable or not: it is not to be shown."""
    return bool(re.search(r"[1-478]\d{4}(\d\d|2[AB])\d{6}", re.sub(r"\s", "", text.upper())))
