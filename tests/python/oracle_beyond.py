"""Flows, people in a year, structures and declarations, counted row by row.

The definition (`docs/statistics.md`) read literally, on sets of persons and of structures, month by
month. It stands on the oracle of the stock and shares nothing else with the project.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import oracle
from oracle import Cells, Drop, Extract, FluxIAE, People, Row

Members = dict[tuple[date, str, str], set[Hashable]]  # by month, department, structure type
Table = dict[tuple[Any, ...], tuple[Any, ...]]  # of a mart: its key, its other columns

ASP_TYPES = [*oracle.CONSTANT, "EITI"]
NO_DECLARATION = {"duplicate_row", "state_not_accepted", "invalid_month"}
ITI_MONTHS = 12


DEPARTMENTS_OF: dict[str, set[str]] = defaultdict(set)
for _department in (*oracle.COVERED, "NL"):
    for _territory in oracle.territories_of(_department):
        DEPARTMENTS_OF[_territory].add(_department)


@lru_cache(maxsize=1)
def people_of(drop: Drop) -> People:
    """The persons of each cell of the stock."""
    people: People = defaultdict(set)
    if drop.fluxiae:
        oracle.count_fluxiae(drop.fluxiae, people)
    for table in drop.geiq:
        oracle.count_geiq(drop, table, people)
    return people


def iti_entries_of(drop: Drop) -> dict[tuple[date, str], int]:
    """Entries into ITI that count, by month and department."""
    entries: dict[tuple[date, str], int] = defaultdict(int)
    if drop.iti:
        outcomes = oracle.count_iti(*drop.iti, defaultdict(int))
        for entry, reason in zip(drop.iti[1], outcomes, strict=True):
            if reason is None:
                assert entry.month is not None
                assert entry.entries is not None
                entries[entry.month, entry.department] += entry.entries
    return entries


def flows(drop: Drop, cells: Cells) -> Table:
    """Rows of `fct_flows_by_structure_type`: entries, exits, returns, is_provisional."""
    people, iti_entries = people_of(drop), iti_entries_of(drop)
    table: Table = {}
    for (month, territory, structure_type), (_, is_provisional) in cells.items():
        first = oracle.FIRST_MONTHS[structure_type]
        before = oracle.add_months(month, -1)
        entries = exits = returns = 0
        for department in DEPARTMENTS_OF[territory]:
            if structure_type == "ITI":
                entries += iti_entries.get((month, department), 0)
                left = oracle.add_months(month, -ITI_MONTHS)
                exits += iti_entries.get((left, department), 0)
                continue
            now = people.get((month, department, structure_type), set())
            then = people.get((before, department, structure_type), set())
            entries += len(now - then)
            exits += len(then - now)
            for person in now - then:
                returns += any(
                    person
                    in people.get(
                        (oracle.add_months(month, -age), department, structure_type), set()
                    )
                    for age in range(2, 13)
                )
        knows_returns = structure_type != "ITI" and oracle.add_months(month, -12) >= first
        is_before_provisional = cells.get((before, territory, structure_type), (0, False))[1]
        table[month, territory, structure_type] = (
            entries if month > first else None,
            exits if month > first else None,
            returns if knows_returns else None,
            is_provisional or is_before_provisional,
        )
    return table


def people_by_year(drop: Drop, cells: Cells) -> Table:
    """Rows of `fct_people_by_year`: nb_people, nb_months, is_provisional."""
    people = people_of(drop)
    components = {name: [name] for name in oracle.OFFICIAL if name != "ITI"}
    components["constant"] = oracle.CONSTANT
    covered = {
        (month, structure_type): is_provisional
        for (month, _, structure_type), (_, is_provisional) in cells.items()
    }
    table: Table = {}
    for component, types in components.items():
        months = [
            month
            for month in sorted({month for month, _ in covered})
            if all((month, structure_type) in covered for structure_type in types)
        ]
        for year in {month.year for month in months}:
            of_year = [month for month in months if month.year == year]
            is_provisional = any(covered[month, name] for month in of_year for name in types)
            for territory, departments in DEPARTMENTS_OF.items():
                persons = {
                    person
                    for month in of_year
                    for name in types
                    for department in departments
                    for person in people.get((month, department, name), ())
                }
                table[year, territory, component] = len(persons), len(of_year), is_provisional
    return table


def attachment(facts: FluxIAE, state: Row) -> tuple[str | None, str | None]:
    """Structure and type of a monthly state: its annex's as kept, else its contract's."""
    annex = facts.annexes.get(oracle.filled(state["emi_afi_id"]) or "")
    if annex is not None:
        structure, measure = annex["af_id_structure"], annex["af_mesure_dispositif_code"]
    else:
        contract = facts.contracts.get(oracle.filled(state["emi_ctr_id"]) or "", {})
        structure = contract.get("contrat_id_structure", "")
        measure = contract.get("contrat_mesure_disp_code", "")
    return oracle.filled(structure), oracle.MEASURES.get(oracle.filled(measure) or "")


def asp_structures(extract: Extract) -> Iterator[tuple[tuple[date, str, str], str | None]]:
    """Each cell that each row of the ASP counts in, and the structure of the row."""
    facts = FluxIAE(extract)
    for place, row in enumerate(extract.tables["ContratMission"]):
        cells_of_row: People = defaultdict(set)
        facts.contract_outcome(place, row, cells_of_row)
        for cell in cells_of_row:
            yield cell, oracle.filled(row["contrat_id_structure"])
    states = extract.tables["EtatMensuelIndiv"]
    reasons = facts.state_outcomes(defaultdict(set))
    for place, (row, reason) in enumerate(zip(states, reasons, strict=True)):
        unit = facts.state_unit(place, row)
        if reason is None and not isinstance(unit, str):
            yield unit[:3], attachment(facts, row)[0]


def geiq_employers(drop: Drop) -> Iterator[tuple[tuple[date, str, str], str | None]]:
    """Each cell that each GEIQ contract counts in, and its employer: each row taken alone."""
    for table, extract in drop.geiq.items():
        column = "SIRET_EMPLOYEUR" if table == "contrats_pro" else "siret_employeur"
        rows = extract.tables[table]
        reasons = oracle.count_geiq(drop, table, defaultdict(set))
        for row, reason in zip(rows, reasons, strict=True):
            if reason is None:
                of_row = Extract(extract.extract_date, {table: [row]})
                alone = replace(drop, geiq=drop.geiq | {table: of_row})
                cells_of_row: People = defaultdict(set)
                oracle.count_geiq(alone, table, cells_of_row)
                for cell in cells_of_row:
                    yield cell, oracle.siret(row[column])


def add_up(members: Mapping[tuple[date, str, str], set[Hashable]], cell: tuple[Any, ...]) -> int:
    """Members of a cell of any level: a department's are different, the levels above are sums."""
    month, territory, structure_type = cell
    return sum(
        len(members.get((month, department, structure_type), ()))
        for department in DEPARTMENTS_OF[territory]
    )


def structures(drop: Drop, cells: Cells) -> Table:
    """Rows of `fct_structures_by_structure_type`: nb_structures."""
    members: Members = defaultdict(set)
    for cell, structure in [
        *(asp_structures(drop.fluxiae) if drop.fluxiae else ()),
        *geiq_employers(drop),
    ]:
        if structure:
            members[cell].add(structure)
    return {cell: (add_up(members, cell),) for cell in cells if cell[2] != "ITI"}


def declarations(drop: Drop, cells: Cells) -> Table:
    """Rows of `fct_declarations`: nb_expected, nb_declared, declaration_rate."""
    expected: Members = defaultdict(set)
    declared: Members = defaultdict(set)
    if drop.fluxiae:
        facts = FluxIAE(drop.fluxiae)
        declaring = set()
        states = drop.fluxiae.tables["EtatMensuelIndiv"]
        for row, reason in zip(states, facts.state_outcomes(defaultdict(set)), strict=True):
            if reason not in NO_DECLARATION:
                month = int(row["emi_sme_annee"]), int(row["emi_sme_mois"])
                declaring.add((month, *attachment(facts, row)))
        # A row without an id is no one's duplicate: it is kept.
        without_id = [
            row
            for row in drop.fluxiae.tables["AnnexeFinanciere"]
            if not oracle.filled(row["af_id_annexe_financiere"])
        ]
        for annex in [*facts.annexes.values(), *without_id]:
            structure = oracle.filled(annex["af_id_structure"])
            name = oracle.MEASURES.get(oracle.filled(annex["af_mesure_dispositif_code"]) or "")
            start = oracle.moment(annex["af_date_debut_effet"])
            end = oracle.moment(annex["af_date_fin_effet"])
            if not (facts.is_accepted(annex) and structure and name and start):
                continue
            department = facts.located(structure)
            if oracle.is_outside(department):
                continue
            for month in oracle.months_between(oracle.FIRST_MONTHS[name], facts.last_month):
                last_day = oracle.last_day(month)
                if start.date() <= last_day and (end is None or last_day <= end.date()):
                    expected[month, department, name].add(structure)
                    if ((month.year, month.month), structure, name) in declaring:
                        declared[month, department, name].add(structure)
    table: Table = {}
    for cell in cells:
        if cell[2] in ASP_TYPES:
            nb_expected, nb_declared = add_up(expected, cell), add_up(declared, cell)
            rate = nb_declared / nb_expected if nb_expected else None
            table[cell] = nb_expected, nb_declared, rate
    return table


# Each mart, its key and its other columns, and how it is counted here.
MARTS: dict[str, tuple[str, str, Callable[[Drop, Cells], dict[Any, Any]]]] = {
    "fct_stock_by_structure_type": (
        "month, territory_id, structure_type",
        "stock, is_provisional",
        lambda _, cells: dict(cells),
    ),
    "fct_composite_stock": (
        "month, territory_id",
        "official_stock, constant_stock, missing_components, is_provisional, official_change,"
        " official_change_percent, constant_change, constant_change_percent",
        lambda _, cells: oracle.compose(cells),
    ),
    "fct_flows_by_structure_type": (
        "month, territory_id, structure_type",
        "entries, exits, returns, is_provisional",
        flows,
    ),
    "fct_people_by_year": (
        "year, territory_id, component",
        "nb_people, nb_months, is_provisional",
        people_by_year,
    ),
    "fct_structures_by_structure_type": (
        "month, territory_id, structure_type",
        "nb_structures",
        structures,
    ),
    "fct_declarations": (
        "month, territory_id, structure_type",
        "nb_expected, nb_declared, declaration_rate",
        declarations,
    ),
}
