"""What territory a text names, by the models of the territories, which run here on one text."""

import csv
import difflib
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
from jinja2 import Environment

from iae.errors import IaeError, printable
from iae.sql import literal

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Territory:
    """A territory of the figures, as in `dim_territories`."""

    territory_id: str
    level: str
    name: str


def find_territory(text: str) -> Territory:
    """Return the territory that a text names: an id, a code, a label, or both.

    Digits that name a department and a region are the department's: a region has its id, `R93`.
    Raise IaeError, with the nearest names, where the text names no territory that is covered.
    """
    with duckdb.connect() as connection:
        territories = {
            territory_id: (Territory(territory_id, level, name), is_covered)
            for territory_id, level, name, is_covered in connection.execute(
                "select territory_id, territory_level, territory_name, is_covered"  # noqa: S608
                f" from {_relation('dim_territories', text)}"
            ).fetchall()
        }
        wanted = text.strip().casefold()
        # As they are written here, the department first; else as the models of the territories say.
        ids = [
            one.territory_id
            for one, _ in sorted(territories.values(), key=lambda row: row[0].level)
            if wanted in (one.territory_id.casefold(), one.name.casefold())
            or wanted == one.territory_id.removeprefix("D").casefold()
        ] or _ids_named(connection, text)
    if not ids:
        names = [one.name for one, is_covered in territories.values() if is_covered]
        raise IaeError(
            f"{printable(text)} names no territory{did_you_mean(text, names)}; give a code (59), "
            "an id (D59, R32, FR, NL) or a name (Nord)."
        )
    territory, is_covered = territories[ids[0]]
    if not is_covered:
        raise IaeError(
            f"{territory.name} ({territory.territory_id}) is outside the coverage of the indicator."
        )
    return territory


def did_you_mean(text: str, names: list[str]) -> str:
    """Return, in brackets, the names that look like a text, three at most."""
    by_key = {name.casefold(): name for name in names}
    found = [by_key[key] for key in difflib.get_close_matches(text.casefold(), by_key, 3)]
    return f" (did you mean {' or '.join(found)}?)" if found else ""


def _ids_named(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """Return the ids of the department and of the region that a text names, if any."""
    rows = connection.execute(
        "select if(territory_level = 'regional', 'R', 'D') || territory_code"  # noqa: S608
        f" from {_relation('int_territory_values_located', text)} as located"
        " where territory_code is not null order by territory_level"
    ).fetchall()
    return [row[0] for row in rows]


def _relation(name: str, text: str) -> str:
    """Return a model or a seed as a subquery: the models as they are, on one text."""
    if name == "int_territory_values":  # the texts of all sources
        values = ", ".join(
            f"({literal(kind)}, {literal(text)})" for kind in ("department", "region")
        )
        return f"(select * from (values {values}) as texts (value_kind, raw_value))"  # noqa: S608
    seed = PROJECT / "seeds" / f"{name}.csv"
    if seed.exists():
        with seed.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        types = {column: "BOOLEAN" if column.startswith("is_") else "VARCHAR" for column in columns}
        return f"read_csv({literal(str(seed))}, header = true, columns = {types})"
    [path] = (PROJECT / "models").rglob(f"{name}.sql")
    macros = "".join(
        macro.read_text(encoding="utf-8")
        for macro in sorted((PROJECT / "macros").glob("*.sql"))
        if re.match(r"(?:\{#.*?#\}\s*)?\{% macro ", macro.read_text("utf-8"), re.S)
    )
    environment = Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701 (SQL)
    template = environment.from_string(macros + path.read_text(encoding="utf-8"))
    sql = template.render(ref=lambda other: _relation(other, text))
    return f"({sql})"
