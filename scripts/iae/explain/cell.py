"""What is asked: a structure type or a scope of the composite, a territory, a month."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from iae.errors import IaeError, printable
from iae.months import parse_month
from iae.territories import Territory, did_you_mean, find_territory


@dataclass(frozen=True)
class Cell:
    """A cell of the stock, or of the composite, whose types are then several."""

    name: str
    types: list[str]
    territory: Territory
    departments: list[str]
    month: date
    is_scope: bool
    missing_types: list[str]  # that no loaded extract covers in the month

    def rows(self, connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the cell: $types, $territory, $departments, $month."""
        parameters = {
            "types": self.types,
            "territory": self.territory.territory_id,
            "departments": self.departments,
            "month": self.month,
        }
        named = {name: value for name, value in parameters.items() if f"${name}" in sql}
        return connection.execute(sql, named).fetchall()


def find_cell(connection: duckdb.DuckDBPyConnection, name: str, territory: str, month: str) -> Cell:
    """Return the cell that three words name; raise IaeError, with what there is, if none."""
    try:
        coverage = connection.execute(
            """
            select structure_type, first_month, last_month
            from intermediate.int_structure_type_coverage
            order by structure_type
            """
        ).fetchall()
        scopes = connection.execute(
            "select scope, structure_type, first_month from reference.composite_scopes order by all"
        ).fetchall()
        departments = connection.execute(
            "select territory_id, department_code from intermediate.int_department_territories"
        ).fetchall()
    except duckdb.CatalogException:
        raise IaeError("The warehouse is not built yet; run dbt build first.") from None
    found = _find_name(name, [*(row[0] for row in coverage), *(row[0] for row in scopes)])
    place = find_territory(territory)
    asked = parse_month(month)
    components = {one: first for scope, one, first in scopes if scope == found}
    types = [one for one, first in components.items() if first <= asked] or [found]
    months = {
        one: (first, last)
        for one, first, last in coverage
        if one in (components or [found]) and last is not None and first <= last
    }
    if not months:
        raise IaeError(
            f"{found} has no figure: the sources that it is counted from are not loaded."
        )
    first = min(first for first, _ in months.values())
    last = max(last for _, last in months.values())
    if not first <= asked <= last:
        raise IaeError(
            f"{found} has no figure in {asked:%Y-%m}; "
            f"give a month from {first:%Y-%m} to {last:%Y-%m}."
        )
    of_place = [code for territory_id, code in departments if territory_id == place.territory_id]
    missing = [
        one for one in types if one not in months or not months[one][0] <= asked <= months[one][1]
    ]
    return Cell(found, types, place, of_place, asked, bool(components), missing)


def _find_name(name: str, names: list[str]) -> str:
    known = {one.casefold(): one for one in names}
    if found := known.get(name.strip().casefold()):
        return found
    names = list(known.values())
    raise IaeError(
        f"{printable(name)} is no structure type{did_you_mean(name, names)}; "
        f"give one of {', '.join(names)}."
    )
