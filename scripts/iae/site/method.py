"""What the page says of the method, in French, from the tables of types and scopes."""

from dataclasses import dataclass
from datetime import date

from iae.french import french_list, french_month, typographic
from iae.site.marts import Marts

RULES = {
    "present_last_day": "sous contrat le dernier jour du mois",
    "worked_in_month": "au moins une heure travaillée dans le mois",
    "entered_recently": "entrées des douze derniers mois dans le programme",
}


@dataclass(frozen=True)
class Method:
    """The rules, scopes and names of the types; which enter the official scope, and when."""

    rules: list[tuple[str, str]]
    scopes: dict[str, str]
    names: list[tuple[str, str]]
    break_month: date | None
    entering: str


def read_method(marts: Marts) -> Method:
    """Read the method from the tables that the published file has of it."""
    types = marts.rows(
        "select structure_type, label, stock_rule from open_data.structure_types "
        "order by first_month, structure_type"
    )
    parts = marts.rows(
        "select scope, first_month, list(structure_type order by structure_type) "
        "from open_data.composite_scopes group by all order by scope, first_month"
    )
    scopes: dict[str, str] = {}
    for scope, first_month, members in parts:
        if scope in scopes:
            scopes[scope] += f", plus {french_list(members)} depuis {french_month(first_month)}"
        else:
            scopes[scope] = french_list(members)
    _, *later = [part for part in parts if part[0] == "official"]
    return Method(
        rules=[
            (french_list([name for name, _, rule in types if rule == one]), said)
            for one, said in RULES.items()
        ],
        scopes=scopes,
        names=[(name, typographic(f"{label[0].lower()}{label[1:]}")) for name, label, _ in types],
        break_month=later[-1][1] if later else None,
        entering=french_list(later[-1][2]) if later else "",
    )
