"""A column that figures stand on and whose values are unusable: the file is refused."""

import re

import duckdb

from iae.errors import IaeError, printable
from iae.loading.declaration import Key, Table
from iae.loading.personal import looks_like_nir
from iae.sql import quoted

# A large table is looked at in places all over it: a column is not bad by chance in them all.
_NB_ROWS_LOOKED_AT = 200_000
_NB_SHOWN = 30


def refuse_unusable_keys(
    connection: duckdb.DuckDBPyConnection, target: str, table: Table, label: str, nb_rows: int
) -> None:
    """Raise IaeError, with an example, where a key column of a landed table is too bad."""
    if not nb_rows:
        return
    share = 100 * _NB_ROWS_LOOKED_AT / nb_rows
    sample = f" tablesample system({share:.4f}%) repeatable (1)" if share < 100 else ""
    for key in table.keys:
        measures = connection.execute(_measures(key, target + sample)).fetchall()
        [(nb_values, nb_usable, example)] = measures
        is_bad = nb_usable == 0 or nb_usable < key.least * nb_values
        if nb_values >= key.at_least and is_bad:
            shown = f", such as {_shown(example)}" if example else ""
            raise IaeError(
                f"{label}: column {key.column} holds {key.what} in {nb_usable:,} of {nb_values:,} "
                f"{'rows' if key.is_required else 'filled rows'} only{shown}; "
                "correct it or ask for the file again."
            )


def _measures(key: Key, rows: str) -> str:
    """Return SQL: how many values there are, how many are usable, one that is not."""
    is_counted = "true" if key.is_required else "is_filled"
    # Patterns take the time: each distinct value is matched once.
    return f"""
        with
        counted as (
            select {quoted(key.column)} as value, count(*) as number
            from {rows}
            group by all
        ),

        judged as (
            select
                *,
                regexp_matches(value, '[^\\s\\pZ]') as is_filled,
                is_filled and ({key.usable("value")}) as is_usable
            from counted
        )

        select
            coalesce(sum(number) filter (where {is_counted}), 0)::bigint,
            coalesce(sum(number) filter (where is_usable), 0)::bigint,
            min(value) filter (where is_filled and not is_usable)
        from judged
    """  # noqa: S608


def _shown(value: str) -> str:
    """Return an unusable value to show, unless it may be another column's, of a person."""
    if looks_like_nir(value):
        return "a number that looks like a NIR"
    if not re.search(r"\d", value):
        return "a text without a digit"
    return repr(printable(value[:_NB_SHOWN]))
