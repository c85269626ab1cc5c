"""The definition of the indicator read literally, row by row: a second opinion on the models.

Nothing here is shared with the project but facts: the seeds of departments and of postcodes. Each
function is one group of rules of the definition; slow and plain is the point.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, str]
Outcomes = list[str | None]  # of each row of a table, in file order: None, or the first reason
People = dict[tuple[date, str, str], set[Hashable]]  # by month, department, structure type
Cells = dict[tuple[date, str, str], tuple[int, bool]]  # stock, is_provisional
Composite = dict[tuple[date, str], tuple[object, ...]]

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


def read_seed(name: str) -> list[Row]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


REGIONS = {row["department_code"]: row["region_code"] for row in read_seed("departments")}
COVERED = {
    row["department_code"] for row in read_seed("departments") if row["is_covered"] == "true"
}
POSTCODES = {
    row["postcode"]: row["department_code"]
    for row in read_seed("postcode_departments")
    if row["is_majority"] == "true"
}
OTHER_CODES = {"20A": "2A", "20B": "2B", "75C": "75"}
OTHER_CODES |= {"69D": "69", "69M": "69", "59L": "59", "59V": "59"}

# "Structure types, rules and scopes", "Provisional months".
MEASURES = {"ACI_DC": "ACI", "ACI_MP": "ACI", "EI_DC": "EI", "EI_MP": "EI"}
MEASURES |= {"AI_DC": "AI", "ETTI_DC": "ETTI", "EITI_DC": "EITI"}
OUTSIDE_MEASURES = {"FDI_DC", "ACIPA_DC", "EIPA_DC"}
FROM_STATES = {"AI", "ETTI"}
SERIES_START = date(2017, 1, 1)
SINCE_2021 = date(2021, 1, 1)
FIRST_MONTHS = dict.fromkeys(("ACI", "AI", "EI", "ETTI"), SERIES_START)
FIRST_MONTHS |= {"EITI": date(2019, 12, 1), "GEIQ": SINCE_2021, "ITI": SINCE_2021}
PROVISIONAL = {"ACI": 6, "EI": 6, "EITI": 6, "AI": 7, "ETTI": 7, "GEIQ": 12, "ITI": 3}
CONSTANT = ["ACI", "AI", "EI", "ETTI"]
OFFICIAL = sorted([*CONSTANT, "EITI", "GEIQ", "ITI"])


@dataclass(eq=False)
class Extract:
    """Tables of rows, as they are written in the files."""

    extract_date: date
    tables: dict[str, list[Row]]


@dataclass
class Entry:
    """What a line of the ITI workbook says; None where it says nothing that can be read."""

    month: date | None
    department: str
    entries: int | None
    is_total: bool = False


@dataclass(eq=False)
class Drop:
    """A drop as its writer knows it; a source may be absent."""

    fluxiae: Extract | None = None
    geiq: dict[str, Extract] = field(default_factory=dict)  # contrats_pro, contrats_aides
    lists: dict[int, list[Row]] = field(default_factory=dict)
    iti: tuple[date, list[Entry]] | None = None


def filled(text: str) -> str | None:
    return text.strip(" ") or None


def bare(code: str) -> str:
    """A code without what spreadsheets add to it ("Harmonising a code or a label")."""
    code = "".join(c for c in code if not c.isspace() and unicodedata.category(c)[0] not in "ZC")
    code = code.removeprefix("'")
    if len(code) > 2 and code.startswith('="') and code.endswith('"'):
        code = code[2:-1].removeprefix("'")
    return code[:-2] if code.endswith((".0", ",0")) else code


@cache
def moment(text: str | None) -> datetime | None:
    """`DD/MM/YYYY` or `DD/MM/YYYY HH:MM:SS`; any other form is not a date."""
    text = filled(text or "") or ""
    if not re.fullmatch(r"\d\d/\d\d/\d{4}( \d\d:\d\d:\d\d)?", text, re.ASCII):
        return None
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S" if " " in text else "%d/%m/%Y")
    except ValueError:
        return None


def number(text: str) -> tuple[bool, int]:
    """A number to sort by: "an empty number is the lowest"."""
    is_number = re.fullmatch(r"-?\d+", filled(text) or "", re.ASCII)
    return (True, int(text)) if is_number else (False, 0)


@cache
def recency(text: str) -> tuple[bool, datetime]:
    """A date to sort by: "an empty or unreadable date is the oldest"."""
    when = moment(text)
    return (when is not None, when or datetime.min)


@cache
def hours(text: str) -> Fraction:
    """ "Digits with at most one decimal point", a minus sign before them is read; else 0."""
    text = filled(text) or ""
    digits = text.removeprefix("-")
    is_number = re.fullmatch(r"[\d.]*\d[\d.]*", digits, re.ASCII) and digits.count(".") <= 1
    return Fraction(text.rstrip(".")) if is_number else Fraction(0)


def keep_latest(
    rows: list[Row], key: str, rank: Callable[[Row], Any]
) -> tuple[dict[str, Row], set[int]]:
    """The row kept of each key, and the places of the others: of equal rows the later line."""
    places = defaultdict(list)
    for place, row in enumerate(rows):
        if name := filled(row[key]):  # "rows with an empty id are duplicates of none"
            places[name].append(place)
    kept = {}
    for name, group in places.items():
        kept[name] = max(group, key=lambda place: (rank(rows[place]), place))
    duplicates = {place for group in places.values() for place in group} - set(kept.values())
    return {name: rows[place] for name, place in kept.items()}, duplicates


@cache
def usable_nir(text: str) -> str | None:
    """The 13 characters that are a person ("The counted unit")."""
    match = re.fullmatch(
        r"([123478]\d{4}(\d\d|2A|2B)\d{6})(\d\d)?", text.replace(" ", "").upper(), re.ASCII
    )
    is_person = match and len(set(match[1])) > 1 and match[1][-3:] != "000"
    return match[1] if match and is_person else None


def siret(text: str) -> str | None:
    """14 digits, some leading zeros lost, with dots between them or without."""
    parts = bare(text).split(".")
    digits = "".join(parts)
    is_number = all(parts) and re.fullmatch(r"\d{12,14}", digits, re.ASCII)
    return digits.zfill(14) if is_number else None


@cache
def commune(text: str) -> str | None:
    """The department of an INSEE commune code ("Harmonising a code or a label")."""
    code = bare(text).upper()
    code = "0" + code if len(code) == 4 else code
    if not re.fullmatch(r"(\d\d|2A|2B)\d{3}", code, re.ASCII):
        return None
    department = code[:3] if code[:2] in ("97", "98") else code[:2]
    return department if department in REGIONS else None


@cache
def postcode(text: str) -> str | None:
    """The department of a postcode ("Harmonising a code or a label")."""
    code = bare(text)
    code = "0" + code if len(code) == 4 else code
    if not re.fullmatch(r"\d{5}", code, re.ASCII):
        return None
    if department := {"97133": "977", "97150": "978"}.get(code) or POSTCODES.get(code):
        return department
    cedex = {"200": "2A", "201": "2A", "207": "2A", "202": "2B", "204": "2B", "206": "2B"}
    cedex |= {"977": "974", "978": "974"}
    prefix = code[:3] if code[:2] in ("97", "98") else code[:2]
    department = cedex.get(code[:3], prefix)
    return department if department in REGIONS else None


@cache
def department_code(text: str) -> str | None:
    """The department of a department's code ("Harmonising a code or a label")."""
    code = re.sub(r"^(D|FR-)", "", bare(text).upper())
    if word := re.match(r"\W*(département|dept|dép)\W+(?=\w+\W*$)", text, re.IGNORECASE):
        code = text[word.end() :].strip(' ."').upper()
    forms = {
        form: known for known in REGIONS for form in (known.lstrip("0"), known, known.zfill(3))
    }
    return (OTHER_CODES | forms).get(code)


@cache
def annex_department(text: str) -> str | None:
    """The department in an annex number: measure, 3 characters, 2-digit year, order."""
    match = re.match(r"[A-Z]+?(\d[0-9A-Z]{2})\d\d", bare(text).upper())
    return department_code(match[1]) if match else None


def is_outside(department: str) -> bool:
    return department != "NL" and department not in COVERED


def territories_of(department: str) -> set[str]:
    """The territories that a department adds up to; `NL` is one department."""
    if department == "NL":
        return {"NL", "FR"}
    return {"D" + department, "R" + REGIONS[department], "FR"}


@cache
def last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


@cache
def add_months(month: date, count: int) -> date:
    months = 12 * month.year + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def last_covered_month(extract_date: date) -> date:
    """The last month fully elapsed at the extract's date ("Months")."""
    month = extract_date.replace(day=1)
    return month if extract_date == last_day(month) else add_months(month, -1)


def months_between(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = add_months(first, 1)


def period(start: str, end: str | None) -> tuple[date, date] | None:
    """Start and end of a contract, None for `invalid_dates`."""
    starts, ends = moment(start), moment(end) if end else datetime.max
    if starts is None or ends is None or ends.date() < starts.date():
        return None
    return starts.date(), ends.date()


def months_present(dates: tuple[date, date], first: date, last: date) -> list[date]:
    """The months of the series on whose last day a contract runs."""
    months = months_between(first, last)
    return [month for month in months if dates[0] <= last_day(month) <= dates[1]]


class FluxIAE:
    """What the tables of one extract say of people, structures, annexes and contracts."""

    def __init__(self, extract: Extract) -> None:
        self.tables = extract.tables
        self.last_month = last_covered_month(extract.extract_date)
        usable = [row for row in self.tables["Salarie"] if usable_nir(row["salarie_nir"])]
        self.people, _ = keep_latest(
            usable, "salarie_id", lambda row: recency(row["salarie_date_modification"])
        )
        self.structures, _ = keep_latest(
            self.tables["Structure"],
            "structure_id_siae",
            lambda row: recency(row["structure_date_modification"]),
        )
        self.contracts, self.duplicate_contracts = keep_latest(
            self.tables["ContratMission"],
            "contrat_id_ctr",
            lambda row: recency(row["contrat_date_modification"]),
        )
        self.annexes, _ = keep_latest(
            self.tables["AnnexeFinanciere"],
            "af_id_annexe_financiere",
            lambda row: (
                self.is_accepted(row),
                number(row["af_numero_avenant_renouvellement"]),
                number(row["af_numero_avenant_modification"]),
            ),
        )

        self.latest_annexes, _ = keep_latest(
            self.tables["AnnexeFinanciere"],
            "af_id_structure",
            lambda row: (
                recency(row["af_date_debut_effet"]),
                number(row["af_id_annexe_financiere"]),
            ),
        )

    @staticmethod
    def is_accepted(annex: Row) -> bool:
        state = filled(annex["af_etat_annexe_financiere_code"])
        return state in ("VALIDE", "PROVISOIRE", "CLOTURE")

    def person(self, pph: str, row_id: Hashable) -> Hashable:
        """Person key: NIR, else the source's id; a row without an id is a person of its own."""
        name = filled(pph)
        if name in self.people:
            return ("nir", usable_nir(self.people[name]["salarie_nir"]))
        return ("pph", name) if name else row_id

    def located(self, structure_id: str) -> str:
        """ "Where a structure is": the first address that resolves, then the latest annex."""
        name = filled(structure_id)
        if name in self.structures:
            row = self.structures[name]
            for resolve, column in (
                (commune, "structure_adresse_admin_code_insee"),
                (postcode, "structure_adresse_admin_cp"),
                (commune, "structure_adresse_gestion_code_insee"),
                (postcode, "structure_adresse_gestion_cp"),
            ):
                if department := resolve(row[column]):
                    return department
        if name in self.latest_annexes:
            row = self.latest_annexes[name]
            return annex_department(row["af_numero_annexe_financiere"]) or "NL"
        return "NL"

    def contract_outcome(self, place: int, row: Row, people: People) -> str | None:
        """Rules of **Contracts**, in their order."""
        measure = filled(row["contrat_mesure_disp_code"])
        if place in self.duplicate_contracts:
            return "duplicate_row"
        if measure in OUTSIDE_MEASURES:
            return "measure_outside_indicator"
        if measure not in MEASURES:
            return "unknown_measure"
        structure_type = MEASURES[measure]
        if structure_type in FROM_STATES:
            return "measured_from_monthly_states"
        end = filled(row["contrat_date_sortie_definitive"])
        dates = period(row["contrat_date_embauche"], end or filled(row["contrat_date_fin_contrat"]))
        if dates is None:
            return "invalid_dates"
        department = self.located(row["contrat_id_structure"])
        if is_outside(department):
            return "outside_coverage"
        present = months_present(dates, FIRST_MONTHS[structure_type], self.last_month)
        for month in present:
            person = self.person(row["contrat_id_pph"], ("contract", place))
            people[month, department, structure_type].add(person)
        return None if present else "never_present_on_a_last_day"

    def state_unit(self, place: int, row: Row) -> str | tuple[date, str, str, Hashable]:
        """Rules 2 to 10 of **Monthly states**, in their order: a reason, or the unit it is of."""
        if filled(row["emi_esm_etat_code"]) not in ("VALIDE", "SAISI", "DEBLOQUE"):
            return "state_not_accepted"
        month, year = filled(row["emi_sme_mois"]) or "", filled(row["emi_sme_annee"]) or ""
        if not re.fullmatch(r"\d+ \d+", f"{month} {year}", re.ASCII) or not 1 <= int(month) <= 12:
            return "invalid_month"
        last = self.last_month
        if not (2017, 1) <= (int(year), int(month)) <= (last.year, last.month):
            return "outside_period"
        annex = self.annexes.get(filled(row["emi_afi_id"]) or "")
        contract = self.contracts.get(filled(row["emi_ctr_id"]) or "")
        if annex is not None:
            if not self.is_accepted(annex):
                return "annex_state_not_accepted"
            measure, structure = annex["af_mesure_dispositif_code"], annex["af_id_structure"]
        elif contract is not None:
            measure = contract["contrat_mesure_disp_code"]
            structure = contract["contrat_id_structure"]
        else:
            return "unknown_annex"
        if filled(measure) in OUTSIDE_MEASURES:
            return "measure_outside_indicator"
        structure_type = MEASURES.get(filled(measure) or "", "")
        if not structure_type:
            return "unknown_measure"
        if structure_type not in FROM_STATES:
            return "measured_from_contracts"
        department = self.located(structure)
        if is_outside(department):
            return "outside_coverage"
        person = self.person(row["emi_pph_id"], ("state", place))
        return date(int(year), int(month), 1), department, structure_type, person

    def state_outcomes(self, people: People) -> Outcomes:
        """Rules of **Monthly states**: the first is known before, the last after all the others."""
        rows = self.tables["EtatMensuelIndiv"]
        _, duplicates = keep_latest(
            rows, "emi_dsm_id", lambda row: recency(row["emi_date_modification"])
        )
        units = [
            "duplicate_row" if place in duplicates else self.state_unit(place, row)
            for place, row in enumerate(rows)
        ]
        worked: dict[object, Fraction] = defaultdict(Fraction)
        for row, unit in zip(rows, units, strict=True):
            worked[unit] += hours(row["emi_nb_heures_travail"])
        outcomes: Outcomes = []
        for unit in units:
            if isinstance(unit, str):
                outcomes.append(unit)
            elif worked[unit] < 1:
                outcomes.append("under_one_hour")
            else:
                people[unit[:3]].add(unit[3])
                outcomes.append(None)
        return outcomes


def count_fluxiae(extract: Extract, people: People) -> dict[str, Outcomes]:
    """Outcomes of the two tables of rows that count people."""
    facts = FluxIAE(extract)
    contracts = enumerate(extract.tables["ContratMission"])
    return {
        "ContratMission": [facts.contract_outcome(*numbered, people) for numbered in contracts],
        "EtatMensuelIndiv": facts.state_outcomes(people),
    }


def yearly_lists(drop: Drop) -> dict[int, dict[str, str]]:
    """Postcode of each SIRET by year ("the first row of a SIRET counts")."""
    lists: dict[int, dict[str, str]] = {}
    for year, rows in drop.lists.items():
        lists[year] = {}
        for row in rows:
            if number_of_row := siret(row["SIRET"]):
                lists[year].setdefault(number_of_row, row["Code Postal"])
    return lists


def list_of_year(lists: dict[int, dict[str, str]], year: int) -> dict[str, str]:
    """That year's list, else the nearest earlier one, else the nearest later one."""
    return lists[max((y for y in lists if y <= year), default=min(lists))]


def geiq_last_month(drop: Drop) -> date | None:
    """Up to the earlier of the two, when both and one list of GEIQ at least are loaded."""
    if len(drop.geiq) == 2 and drop.lists:
        return last_covered_month(min(extract.extract_date for extract in drop.geiq.values()))
    return None


def count_geiq(drop: Drop, table: str, people: People) -> Outcomes:
    """Rules of **GEIQ contracts**, in their order, for one of the two sources."""
    lists, last_month = yearly_lists(drop), geiq_last_month(drop)
    if table == "contrats_pro":
        key, amendment, employer = "NUM_CONTRAT", "NUM_AVENANT", "SIRET_EMPLOYEUR"
        start, ends, nir = "DATE_DEBUT", ["DATE_FIN"], "NIR"
        addresses = [(commune, "CODE_COMMUNE_INSEE"), (postcode, "CODE_POSTAL")]
    else:
        key, amendment, employer = "num_convention", "num_avenant", "siret_employeur"
        start, ends, nir = "date_embauche", ["date_rupture", "date_fin_prevue"], "nir"
        addresses = [(postcode, "code_postal"), (department_code, "code_departement")]
    rows = drop.geiq[table].tables[table]
    _, duplicates = keep_latest(rows, key, lambda row: number(row[amendment]))

    def outcome(place: int, row: Row) -> str | None:
        if place in duplicates:
            return "duplicate_row"
        employer_siret = siret(row[employer])
        if employer_siret is None:
            return "invalid_siret"
        years = [year for year in lists if employer_siret in lists[year]]
        if not years:
            return "employer_not_a_geiq"
        dates = period(row[start], next(filter(None, (filled(row[end]) for end in ends)), None))
        if dates is None:
            return "invalid_dates"
        places = [resolve(row[column]) for resolve, column in addresses]
        places += [postcode(lists[max(years)][employer_siret]), "NL"]
        department = next(filter(None, places))
        if is_outside(department):
            return "outside_coverage"
        present = [
            month
            for month in months_present(dates, SINCE_2021, last_month or date.min)
            if employer_siret in list_of_year(lists, month.year)
        ]
        person = usable_nir(row[nir]) or (table, filled(row[key]) or place)
        for month in present:
            people[month, department, "GEIQ"].add(person)
        return None if present else "never_present_on_a_last_day"

    return [outcome(place, row) for place, row in enumerate(rows)]


def count_iti(
    extract_date: date, entries: list[Entry], stock: dict[tuple[date, str, str], int]
) -> Outcomes:
    """Rules of **ITI entries**, and the stock of the entries of twelve months."""
    last_month = last_covered_month(extract_date)
    outcomes: Outcomes = []
    for entry in entries:
        if entry.is_total:
            outcomes.append("total_row")
        elif entry.month is None:
            outcomes.append("invalid_month")
        elif entry.entries is None:
            outcomes.append("invalid_count")
        elif is_outside(entry.department):
            outcomes.append("outside_coverage")
        elif not SINCE_2021 <= entry.month <= last_month:
            outcomes.append("outside_period")
        else:
            outcomes.append(None)
            for month in months_between(entry.month, min(last_month, add_months(entry.month, 11))):
                stock[month, entry.department, "ITI"] += entry.entries
    return outcomes


def count(drop: Drop) -> tuple[Cells, dict[str, Outcomes]]:
    """Every cell of the stock by structure type, and the outcomes of every row by table."""
    people: People = defaultdict(set)
    stock: dict[tuple[date, str, str], int] = defaultdict(int)
    outcomes: dict[str, Outcomes] = {}
    last_months: dict[str, date] = {}
    if drop.fluxiae:
        outcomes |= count_fluxiae(drop.fluxiae, people)
        last = last_covered_month(drop.fluxiae.extract_date)
        last_months |= dict.fromkeys([*CONSTANT, "EITI"], last)
    for table in drop.geiq:
        outcomes[table] = count_geiq(drop, table, people)
    if last_geiq := geiq_last_month(drop):
        last_months["GEIQ"] = last_geiq
    if drop.iti:
        outcomes["iti_entrees"] = count_iti(*drop.iti, stock)
        last_months["ITI"] = last_covered_month(drop.iti[0])
    stock |= {cell: len(persons) for cell, persons in people.items()}

    cells: Cells = {}
    for structure_type, last in last_months.items():
        for month in months_between(FIRST_MONTHS[structure_type], last):
            totals: dict[str, int] = defaultdict(int)
            for department in (*COVERED, "NL"):
                persons = stock.get((month, department, structure_type), 0)
                for territory in territories_of(department):
                    totals[territory] += persons
            is_provisional = month > add_months(last, -PROVISIONAL[structure_type])
            for territory, persons in totals.items():
                cells[month, territory, structure_type] = persons, is_provisional
    return cells, outcomes


def change(now: int | None, before: int | None) -> tuple[int | None, float | None]:
    """Change in persons and in per cent, NULL unless both are known."""
    if now is None or before is None:
        return None, None
    return now - before, 100 * (now - before) / before if before else None


def compose(cells: Cells) -> Composite:
    """Rows of `fct_composite_stock`: stocks, missing components, is_provisional, changes."""
    stocks: dict[tuple[date, str], tuple[int | None, int | None]] = {}
    composite: Composite = {}
    covered = {(month, structure_type) for month, _, structure_type in cells}
    last = max((month for month, _ in covered), default=date.min)
    for month in months_between(SERIES_START, last):
        scope = OFFICIAL if month >= SINCE_2021 else CONSTANT
        missing = [component for component in scope if (month, component) not in covered]
        for territory in {territory for _, territory, _ in cells}:
            known = {
                component: cells[month, territory, component]
                for component in scope
                if component not in missing
            }
            official, constant = (
                sum(known[component][0] for component in components)
                if set(components) <= set(known)
                else None
                for components in (scope, CONSTANT)
            )
            stocks[month, territory] = official, constant
            year_before = add_months(month, -12)
            before = stocks.get((year_before, territory), (None, None))
            # Other components in 2021; until December 2021 ITI had fewer than 12 months of entries.
            is_like_for_like = month < SINCE_2021 or year_before >= date(2021, 12, 1)
            composite[month, territory] = (
                official,
                constant,
                ",".join(missing) or None,
                any(is_provisional for _, is_provisional in known.values()),
                *change(official, before[0] if is_like_for_like else None),
                *change(constant, before[1]),
            )
    return composite
