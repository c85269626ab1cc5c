"""Columns that figures stand on, and what their usable values look like, as SQL."""

from dataclasses import replace

from iae.loading.declaration import Key

# That many rows are not all empty by chance. A column that may be empty takes more of them.
_ENOUGH_ROWS = 10
_MANY_ROWS = 1_000


def as_typed(column: str) -> str:
    """Return SQL: a code without spaces and marks, as macros/strip_spreadsheet_marks.sql."""
    bare = rf"regexp_replace({column}, '[\s\pZ\pC]', '', 'g')"
    marks = r"""'^''?(?:="''?(.*?)(?:[.,]0)?"|(.*?)(?:[.,]0)?)$'"""
    return rf"regexp_replace({bare}, {marks}, '\1\2')"


def trimmed(column: str) -> str:
    """Return SQL: a text without the white space around it, as macros/trim_white_space.sql."""
    return rf"trim({column}, concat(e' \t\r\n', chr(160), chr(8239)))"


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
    return tuple(replace(key, least=0, at_least=_MANY_ROWS) for key in ids(*columns))


def dates(*columns: str) -> tuple[Key, ...]:
    """Dates, where there are any; both forms of docs/indicator.md begin alike."""

    def is_date(value: str) -> str:
        is_formed = _matches(trimmed(value), r"\d\d/\d\d/\d{4}( \d\d:\d\d:\d\d)?")
        return f"{is_formed} and try_strptime({trimmed(value)}[:10], '%d/%m/%Y') is not null"

    return tuple(Key(column, is_date, "a date DD/MM/YYYY") for column in columns)


def sirets(column: str) -> tuple[Key, ...]:
    """A SIRET: 14 digits, of which two leading zeros may be lost (docs/sources.md)."""

    def is_siret(value: str) -> str:
        return _matches(as_typed(value), r"\d(?:\.?\d){11,13}")

    return (Key(column, is_siret, "a SIRET of 14 digits", 0.5, at_least=1),)


def nirs(column: str) -> tuple[Key, ...]:
    """The hash of a NIR, which is there for a usable one only."""
    what = "a NIR of 13 or 15 characters"
    return (
        Key(f"{column}_hash", lambda _: "true", what, 0, at_least=_MANY_ROWS, is_required=True),
    )


def patterns(what: str, pattern: str, *columns: str, least: float = 0.2) -> tuple[Key, ...]:
    """Texts that match a pattern, white space around them aside."""
    return tuple(
        Key(column, lambda value: _matches(trimmed(value), pattern), what, least)
        for column in columns
    )


def places(
    communes: tuple[str, ...] = (),
    postcodes: tuple[str, ...] = (),
    departments: tuple[str, ...] = (),
) -> tuple[Key, ...]:
    """Codes of places: another place is tried where one locates nothing."""

    def is_code(value: str) -> str:
        return _matches(as_typed(value), r"\d{4,5}|2[ABab]\d{3}")

    return (
        *(Key(column, is_code, "an INSEE code of 5 characters", 0) for column in communes),
        *(Key(column, is_code, "a postcode of 5 digits", 0) for column in postcodes),
        # By many spellings, which are the models' to read.
        *patterns("a department", r".*(\d|\pL{3}).*", *departments, least=0),
    )
