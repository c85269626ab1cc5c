"""Columns that figures stand on, and what their usable values look like, as SQL."""

from __future__ import annotations

from dataclasses import replace

from iae.loading.declaration import Key

# Where a column may be empty as a whole by design, or by the luck of a few rows.
_ENOUGH_ROWS = 10


def as_typed(column: str) -> str:
    """Return SQL: a code without spaces of any kind and without what spreadsheets add to it.

    That is a leading `'`, `="…"` around it, a trailing `.0` or `,0` (docs/indicator.md, "Where a
    structure is").
    """
    sql = column
    for added, kept in ((r"[\s\pZ]", ""), ('^="(.*)"$', r"\1"), ("^'", ""), ("[.,]0$", "")):
        sql = f"regexp_replace({sql}, '{added.replace(chr(39), chr(39) * 2)}', '{kept}', 'g')"
    return sql


def trimmed(column: str) -> str:
    """Return SQL: a text without the white space around it."""
    return rf"regexp_replace({column}, '^[\s\pZ]+|[\s\pZ]+$', '', 'g')"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, '{pattern}')"


def ids(*columns: str) -> tuple[Key, ...]:
    """Ids, which nearly every row has."""
    return tuple(
        Key(column, lambda value: "true", "an id", at_least=_ENOUGH_ROWS, is_required=True)
        for column in columns
    )


def references(*columns: str) -> tuple[Key, ...]:
    """Ids of other tables' rows, empty in many rows, not in all of them."""
    return tuple(replace(key, least=0) for key in ids(*columns))


def dates(*columns: str) -> tuple[Key, ...]:
    """Dates, where there are any; both forms of docs/indicator.md begin alike."""

    def is_date(value: str) -> str:
        is_formed = _matches(trimmed(value), r"\d\d/\d\d/\d{4}( \d\d:\d\d:\d\d)?")
        return f"{is_formed} and try_strptime({trimmed(value)}[:10], '%d/%m/%Y') is not null"

    return tuple(Key(column, is_date, "a date DD/MM/YYYY") for column in columns)


def sirets(column: str) -> tuple[Key, ...]:
    """A SIRET: 14 digits, of which two leading zeros may be lost (docs/sources.md)."""

    def is_siret(value: str) -> str:
        return _matches(f"replace({as_typed(value)}, '.', '')", r"\d{12,14}")

    return (Key(column, is_siret, "a SIRET of 14 digits", 0.5, at_least=1),)


def nirs(column: str) -> tuple[Key, ...]:
    """The hash of a NIR, which is there for a usable one only."""
    what = "a NIR of 13 or 15 characters"
    return (
        Key(f"{column}_hash", lambda _: "true", what, 0, at_least=_ENOUGH_ROWS, is_required=True),
    )


def patterns(what: str, pattern: str, *columns: str, least: float = 0.2) -> tuple[Key, ...]:
    """Texts that match a pattern, white space around them aside."""
    return tuple(
        Key(column, lambda value: _matches(trimmed(value), pattern), what, least)
        for column in columns
    )


def places(communes: tuple[str, ...] = (), postcodes: tuple[str, ...] = ()) -> tuple[Key, ...]:
    """INSEE codes of communes and postcodes: another place is tried where one locates nothing."""

    def is_code(value: str) -> str:
        return _matches(as_typed(value), r"\d{4,5}|2[ABab]\d{3}")

    return (
        *(Key(column, is_code, "an INSEE code of 5 characters", 0) for column in communes),
        *(Key(column, is_code, "a postcode of 5 digits", 0) for column in postcodes),
    )
