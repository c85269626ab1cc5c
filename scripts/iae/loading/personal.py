"""Personal data: a social security number (NIR) is only ever landed as its salted hash."""

import re

from iae.loading.codes import as_typed

# docs/indicator.md, "The counted unit": 13 characters, or 15 with the key.
_DIGITS = "[0-9]{13}([0-9]{2})?"
_USABLE = "[123478][0-9]{4}([0-9]{2}|2[AB])[0-9]{6}([0-9]{2})?"


def compact_nir(column: str) -> str:
    """Return SQL: a text in upper case, without spaces and what spreadsheets add to codes."""
    return (
        f"case when regexp_full_match({column}, '{_DIGITS}') then {column} "
        f"else upper({as_typed(column)}) end"
    )


def nir_hash(compact: str) -> str:
    """Return SQL: the hash, with $salt, of a usable NIR that `compact_nir` gave, else NULL."""
    return (
        f"case when regexp_full_match({compact}, '{_USABLE}') "
        # Order number 000: no person has it, it fills a field.
        f"and {compact}[11:13] <> '000' and {compact}[:13] <> repeat({compact}[1], 13) "
        f"then sha256($salt || {compact}[:13]) end"
    )


def looks_like_nir(text: str) -> bool:
    """Tell whether a text may be a NIR, usable or not: it is not to be shown."""
    return bool(re.search(r"[1-478]\d{4}(\d\d|2[AB])\d{6}", re.sub(r"\s", "", text.upper())))
