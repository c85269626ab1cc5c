"""What `iae explain` shows: a figure, its rows, its structures, what was said of it."""

import dataclasses
import json

from rich.box import SIMPLE_HEAD

from iae.console import stdout, table_of
from iae.errors import printable
from iae.explain import Explanation, Figure

STRUCTURES_SHOWN = 10


def as_json(told: Explanation) -> str:
    """Return an explanation as JSON: the names of its parts, dates as YYYY-MM-DD."""
    return json.dumps(dataclasses.asdict(told), default=str, ensure_ascii=False, indent=2)


def show_explanation(told: Explanation) -> None:
    """Show an explanation in its four parts."""
    _show_figure(told)
    _show_rows(told)
    _show_structures(told)
    _show_editions(told)


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _show_figure(told: Explanation) -> None:
    cell = told.cell
    provisional = " (provisional)" if told.figure.is_provisional else ""
    stdout.print(
        f"{cell.name}, {cell.territory.name} ({cell.territory.territory_id}), {cell.month:%Y-%m}: "
        f"{_number(told.figure.stock)} people{provisional}"
    )
    if cell.is_scope:
        stdout.print(f"The sum of {', '.join(cell.types)}.")
    if cell.missing_types:
        stdout.print(
            f"No loaded extract covers {', '.join(cell.missing_types)} in this month: "
            "a scope with a component missing has no figure."
        )
    numbers = ["people", "entries", "exits", "returns", "declared"]
    table = table_of("month", right=numbers, box=SIMPLE_HEAD)
    for figure in (told.figure, told.month_before, told.year_before):
        table.add_row(
            f"{figure.month:%Y-%m}{' p' if figure.is_provisional else ''}",
            *(_number(one) for one in (figure.stock, figure.entries, figure.exits, figure.returns)),
            _declared(figure),
        )
    stdout.print(table)


def _declared(figure: Figure) -> str:
    if not figure.nb_expected or figure.nb_declared is None:
        return "-"
    share = figure.nb_declared / figure.nb_expected
    return f"{figure.nb_declared:,} of {figure.nb_expected:,} structures ({share:.1%})"


def _show_rows(told: Explanation) -> None:
    table = table_of(
        *("type", "table", "outcome", "reason"),
        right=["rows", "people"],
        box=SIMPLE_HEAD,
        title="The rows of this type, place and month",
    )
    for one in told.rows:
        table.add_row(
            one.structure_type,
            one.source_table,
            one.outcome,
            one.reason or "",
            f"{one.nb_rows:,}",
            f"{one.nb_people:,}",
        )
    stdout.print(table)
    lost = told.in_no_cell
    stdout.print(
        f"Different people in the rows that count: {told.nb_people:,}. In no cell: "
        f"{lost.nb_without_month:,} rows without a month that can be read, "
        f"{lost.nb_outside_coverage:,} of this month outside coverage, "
        f"{lost.nb_without_type:,} of this month without a known type."
    )


def _show_structures(told: Explanation) -> None:
    if not told.structures:
        return
    table = table_of(
        *("type", "structure", "name", "SIRET", "department", "located by"),
        right=["people"],
        box=SIMPLE_HEAD,
        title="The structures that make it",
    )
    for one in told.structures[:STRUCTURES_SHOWN]:
        table.add_row(
            one.structure_type,
            one.structure_id or "(none)",
            printable(one.name or ""),
            one.siret or "",
            one.department_code,
            one.located_by or "",
            f"{one.nb_people:,}",
        )
    stdout.print(table)
    others = told.structures[STRUCTURES_SHOWN:]
    if others:
        people = sum(one.nb_people for one in others)
        stdout.print(f"And {len(others):,} others, with {people:,} people.")
    stdout.print("A person of two structures is in both, and counts once.")


def _show_editions(told: Explanation) -> None:
    lines = [(f"Our edition of {one.edition}", one) for one in told.editions]
    lines += [(f"Published by the administration ({one.edition})", one) for one in told.published]
    if not lines:
        stdout.print("No earlier edition or comparable publication gives this figure.")
    for label, one in lines:
        change = "" if told.figure.stock is None else f" (now {told.figure.stock - one.stock:+,})"
        stdout.print(f"{label}: {one.stock:,}{change}")
