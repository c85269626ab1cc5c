"""The sample of `bpifrance_iti`: a workbook as people make them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import duckdb
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from iae.french import MONTHS
from iae.sample.excel import new_workbook
from iae.sample.resources import run_script
from iae.sample.text_files import WrittenFile

_HEADER = ("Mois", "Région", "Département", "Réseau", "Entrées")
_TITLES = (
    "Insertion par le travail indépendant (ITI) : entrées dans le programme",
    "Bpifrance, données fictives produites par « iae sample »",
)
_FOOTNOTES = (
    "(1) Entrées : premiers entretiens du mois.",
    "Source : données fictives, sans rapport avec l'activité des réseaux.",
)
_SHORT_MONTHS = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin",
    "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip

# What one month or another calls a department or a region.
_DEPARTMENT_LABELS = {
    "01": ("01 - Ain", "AIN"),
    "13": ("Bouches du Rhône", "les Bouches-du-Rhône"),
    "22": ("Côtes-d'Armor (22)", "COTES D'ARMOR", "Côtes d’Armor"),
    "2A": ("2A", "Corse du Sud"),
    "2B": ("02B", "Haute Corse"),
    "33": ("033", "La Gironde"),
    "34": ("L'Hérault", "34 - Hérault"),
    "44": ("LOIRE ATLANTIQUE", "D44"),
    "59": ("59", "Nord (59)", "Le Nord"),
    "69": ("Métropole de Lyon", "69M", "Rhône"),
    "75": ("Ville de Paris", "Paris", "FR-75C", "75 - Paris"),
    "93": ("Seine-St-Denis", "SEINE SAINT DENIS"),
    "972": ("Martinique", "972", "La Martinique"),
    "973": ("Guyane française", "Guyane"),
    "974": ("La Réunion", "Réunion", "974 - La Réunion"),
}
_REGION_LABELS = {
    "11": ("Île-de-France", "Ile de France"),
    "24": ("Centre-Val de Loire", "Centre"),
    "93": ("Provence-Alpes-Côte d'Azur", "PACA", "Région Sud"),
    "53": ("Bretagne", "BRETAGNE"),
}
# The regions before 2016, by department; every third month has not heard of the reform.
_OLD_REGIONS = {
    "59": "Nord-Pas-de-Calais", "62": "Nord-Pas-de-Calais",
    "02": "Picardie", "60": "Picardie", "80": "Picardie",
    "11": "Languedoc-Roussillon", "30": "Languedoc-Roussillon", "34": "Languedoc-Roussillon",
    "48": "Languedoc-Roussillon", "66": "Languedoc-Roussillon",
    "67": "Alsace", "68": "Alsace",
}  # fmt: skip
# What is nowhere, or outside coverage: (region, department, entries).
_SPECIAL_PLACES = (
    ("Étranger", "Étranger", 1),
    ("Corse", "Corse", 1),
    ("Mayotte", "Mayotte", 2),
    ("Saint-Martin", "Saint-Martin (partie française)", 1),
    ("TOM", "Nouvelle-Calédonie", 1),
    ("Non renseignée", "Non renseigné", 1),
)
_UNUSABLE_COUNTS = ("n.c.", -1, 2.5, None)


@dataclass(frozen=True)
class _Row:
    """One row of the table, with the month and the region of its block."""

    month: str | date
    region: str | None
    department: str | None
    network: str | None
    entries: int | float | str | None


_BEFORE_THE_PROGRAMME = [_Row("décembre 2020", "Bretagne", "Finistère", "Adie", "1 204")]
_UNREADABLE_MONTH = [
    _Row("à préciser", "Bretagne", "Finistère", "Adie", 2),
    _Row("à préciser", "Bretagne", "Morbihan", "Adie", " 1 "),
]


def write_iti(
    connection: duckdb.DuckDBPyConnection, out: Path, extract_date: date
) -> Iterator[WrittenFile]:
    """Write the entries into the programme."""
    run_script(connection, "iti")
    entries = connection.execute(
        "select month_no, department_code, department_name, region_code, region_name, network,"
        " entries from iti_entries"
    ).fetchall()
    months = [
        _month_rows(month_no, [entry[1:] for entry in group])
        for month_no, group in groupby(entries, key=lambda entry: int(entry[0]))
    ]
    blocks = [_BEFORE_THE_PROGRAMME, *months, _UNREADABLE_MONTH]
    folder = out / "bpifrance_iti"
    folder.mkdir()
    path = folder / f"iti_entrees_{extract_date:%Y%m%d}.xlsx"
    with new_workbook(path) as workbook:
        sheet = workbook.add_worksheet("Entrées")
        date_format = workbook.add_format({"num_format": "mmm-yy", "valign": "top"})
        merged_format = workbook.add_format({"valign": "top"})
        for row_no, title in enumerate(_TITLES):
            sheet.write_string(row_no, 0, title)
        row_no = len(_TITLES) + 1
        sheet.write_row(row_no, 0, _HEADER)
        row_no += 1
        for block in blocks:
            _write_block(sheet, row_no, block, date_format, merged_format)
            row_no += len(block)
            _write_row(
                sheet, row_no, f"Total {_label(block[0].month)}", None, None, None, _sum(block)
            )
            # A blank row between two months.
            row_no += 2
        _write_row(sheet, row_no, "TOTAL GÉNÉRAL", None, None, None, sum(map(_sum, blocks)))
        for footnote_no, footnote in enumerate(_FOOTNOTES, start=row_no + 2):
            sheet.write_string(footnote_no, 0, footnote)
        workbook.add_worksheet("Notice").write_string(0, 0, _TITLES[1])
    # With a total row for each block and one for all.
    nb_rows = sum(len(block) + 1 for block in blocks) + 1
    yield WrittenFile(path, nb_rows)


def _month_rows(month_no: int, entries: list[tuple[str, str, str, str, str, int]]) -> list[_Row]:
    """Name the month, the regions and the departments as this month's author does."""
    month = _spell_month(month_no)
    labelled = []
    for department_code, department_name, region_code, region_name, network, count in entries:
        region = _pick(_REGION_LABELS.get(region_code), month_no, region_name)
        if month_no % 3 == 0:
            region = _OLD_REGIONS.get(department_code, region)
        department = _pick(_DEPARTMENT_LABELS.get(department_code), month_no, department_name)
        labelled.append((region, _Row(month, region, department, network, count)))
    rows = []
    labelled.sort(key=lambda pair: pair[0])
    for region, group in groupby(labelled, key=lambda pair: pair[0]):
        block = [row for _, row in group]
        rows += block
        if month_no % 2:
            rows.append(_Row(month, region, "Total", None, _sum(block)))
        else:
            rows.append(_Row(month, f"TOTAL {region}", None, None, _sum(block)))
    region, department, count = _SPECIAL_PLACES[month_no % len(_SPECIAL_PLACES)]
    rows.append(_Row(month, region, department, "Adie", count))
    unusable = _UNUSABLE_COUNTS[month_no % len(_UNUSABLE_COUNTS)]
    rows.append(_Row(month, "Bretagne", "Finistère", "BGE", unusable))
    return rows


def _spell_month(month_no: int) -> str | date:
    year, month = month_no // 12, month_no % 12 + 1
    spellings: tuple[str | date, ...] = (
        date(year, month, 1),
        f"{year}-{month:02d}",
        f"{month:02d}/{year}",
        f"{_SHORT_MONTHS[month - 1]}-{year % 100}",
        f"{MONTHS[month - 1]} {year}",
    )
    return spellings[month_no % len(spellings)]


def _pick(labels: tuple[str, ...] | None, month_no: int, usual: str) -> str:
    choices = (usual, *(labels or ()))
    return choices[month_no % len(choices)]


def _label(month: str | date) -> str:
    return month if isinstance(month, str) else f"{MONTHS[month.month - 1]} {month.year}"


def _sum(rows: list[_Row]) -> int:
    return sum(
        row.entries
        for row in rows
        if isinstance(row.entries, int) and row.network is not None and row.entries > 0
    )


def _write_block(
    sheet: Worksheet, first_row: int, rows: list[_Row], date_format: Format, merged_format: Format
) -> None:
    """Write the rows of a month; month and region are in the first row of their merged cells."""
    for row_no, row in enumerate(rows, start=first_row):
        _write_row(sheet, row_no, None, None, row.department, row.network, row.entries)
    month = rows[0].month
    month_format = merged_format if isinstance(month, str) else date_format
    value = month if isinstance(month, str) else datetime(month.year, month.month, 1)
    _merge_down(sheet, first_row, len(rows), 0, value, month_format)
    row_no = first_row
    for region, group in groupby(rows, key=lambda row: row.region):
        size = len(list(group))
        _merge_down(sheet, row_no, size, 1, region, merged_format)
        row_no += size


def _merge_down(
    sheet: Worksheet,
    first_row: int,
    size: int,
    column_no: int,
    value: str | datetime | None,
    cell_format: Format,
) -> None:
    if size > 1:
        last_row = first_row + size - 1
        sheet.merge_range(first_row, column_no, last_row, column_no, "", cell_format)
    sheet.write(first_row, column_no, value, cell_format)


def _write_row(sheet: Worksheet, row_no: int, *values: str | int | float | None) -> None:
    for column_no, value in enumerate(values):
        if isinstance(value, str):
            sheet.write_string(row_no, column_no, value)
        elif value is not None:
            sheet.write_number(row_no, column_no, value)
