"""The files to download beside a page: tables, their dictionary, and workbooks of territories."""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from iae.datapackage import flat
from iae.french import typographic
from iae.site.content import Content, given
from iae.site.marts import Marts, Measure
from iae.sql import write_files

FOLDER = "fichiers"
DICTIONARY = "dictionnaire.csv"
WHOLE = "tous-les-territoires.xlsx"
# Before the name of every file that holds synthetic figures.
SYNTHETIC_PREFIX = "fictif_"
UNITS = (
    ("_percent", "pour cent (12,3 vaut 12,3 %)"),
    ("_rate", "rapport (0,123 vaut 12,3 %)"),
    ("stock", "personnes"),
    ("revision", "personnes"),
    ("difference", "personnes"),
    ("_change", "personnes"),
    ("population", "habitants"),
    *((name, "personnes") for name in ("entries", "exits", "returns", "nb_people")),
    *((name, "structures") for name in ("nb_structures", "nb_expected", "nb_declared")),
    ("months", "mois"),
)
COLUMNS = """
    select column_name, lower(data_type), coalesce(comment, '')
    from duckdb_columns()
    where schema_name = 'open_data' and table_name = $table
    order by column_index
"""
TITLE = """
    select split_part(comment, chr(10), 1)
    from duckdb_tables()
    where schema_name = 'open_data' and table_name = $table
"""


@dataclass(frozen=True)
class Download:
    """The two files that hold a table, with their sizes in bytes."""

    table: str
    csv: str
    parquet: str
    description: str
    nb_rows: int
    csv_bytes: int
    parquet_bytes: int


def write_downloads(marts: Marts, content: Content, folder: Path) -> list[Download]:
    """Write the tables of a page, their dictionary and the workbooks into a new folder."""
    folder.mkdir(parents=True)
    downloads = [_write_table(marts, content, name, folder) for name in content.tables]
    _write_dictionary(marts, content, folder)
    for territory in content.data["territories"]:
        if any(_has_series(measure, territory["id"]) for measure in content.measures):
            name = f"{prefix(content)}{territory['id']}.xlsx"
            _write_territory(content, territory, folder / name)
    _write_whole(content, folder / f"{prefix(content)}{WHOLE}")
    return downloads


def prefix(content: Content) -> str:
    """What the names of files of synthetic figures begin with."""
    return SYNTHETIC_PREFIX if content.is_synthetic else ""


def _write_table(marts: Marts, content: Content, name: str, folder: Path) -> Download:
    """One CSV and one Parquet, in a stable order."""
    relation = marts.table(name).order("all")
    if content.is_synthetic:
        relation = relation.project("*, true as is_synthetic")
    # Of the description of a table the first line, in French, says what a row is.
    [(title,)] = marts.rows(TITLE, {"table": name})
    text, parquet = write_files(relation, folder, f"{prefix(content)}{name}")
    return Download(
        table=name,
        csv=text.name,
        parquet=parquet.name,
        description=typographic(title or ""),
        nb_rows=len(relation),
        csv_bytes=text.stat().st_size,
        parquet_bytes=parquet.stat().st_size,
    )


def _write_dictionary(marts: Marts, content: Content, folder: Path) -> None:
    """Every column of every table, with its unit, in the CSV that French spreadsheets open."""
    with (folder / f"{prefix(content)}{DICTIONARY}").open(
        "w", encoding="utf-8-sig", newline=""
    ) as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(("table", "colonne", "type", "unité", "description"))
        for name in content.tables:
            for column, kind, description in marts.rows(COLUMNS, {"table": name}):
                writer.writerow((name, column, kind, _unit(column, kind), flat(description)))
            if content.is_synthetic:
                writer.writerow((name, "is_synthetic", "boolean", "", "Toujours vrai : fictif."))


def _unit(column: str, kind: str) -> str:
    if kind not in ("bigint", "double", "integer"):
        return ""
    return next((unit for ending, unit in UNITS if column.endswith(ending)), "")


def _has_series(measure: Measure, territory_id: str) -> bool:
    return any(value is not None for value in measure["stock"].get(territory_id, ()))


class _Book(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook whose first sheet says what it holds, where it comes from and how to read it."""

    def __init__(self, content: Content, path: Path, title: str) -> None:
        # In memory, because a page's workbooks are small; dated, so that the same figures give the
        # same bytes.
        super().__init__(str(path), {"in_memory": True})
        self.set_properties({"title": title, "created": datetime(2000, 1, 1)})
        self.months = content.months
        self.heading = self.add_format(
            {"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"}
        )
        self.month = self.add_format({"num_format": "mmm yyyy", "align": "left"})
        self.number = self.add_format({"num_format": "#,##0"})
        self.decimal = self.add_format({"num_format": "0.00"})
        sheet = self.add_worksheet("Lisez-moi")
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 90)
        metadata = content.metadata
        lines = [
            *([("DONNÉES FICTIVES", "Ne pas citer.")] if content.is_synthetic else []),
            ("Titre", title),
            *((measure["name"], measure["source"]) for measure in content.measures),
            ("Mise à jour", metadata["updated"]),
            ("Producteur", metadata["producer"]),
            ("Contact", metadata["contact"]),
            ("Licence", f"{metadata['licence']}, {metadata['licence_url']}"),
            ("Unité", "Personnes, un mois donné. Un effectif ne s’additionne pas sur les mois."),
            ("Provisoire", "Un chiffre provisoire sera révisé."),
        ]
        for row, (name, value) in enumerate(lines):
            sheet.write_string(row, 0, name, self.heading if row == 0 else None)
            sheet.write_string(row, 1, value)

    def add_series(self, name: str, headings: list[str]) -> Worksheet:
        """Add a sheet of a row a month, with its headings written and frozen."""
        sheet = self.add_worksheet(name)
        sheet.write_row(0, 0, ["Mois", *headings], self.heading)
        sheet.write_column(1, 0, self.months, self.month)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(headings), 16)
        return sheet

    def write_stock(self, sheet: Worksheet, column: int, stock: list[int | None]) -> None:
        """Write the months that a series has."""
        for month in given(stock):
            sheet.write_number(month + 1, column, stock[month], self.number)


def _write_territory(content: Content, territory: dict[str, Any], path: Path) -> None:
    """One row a month: each series, its rate, its provisional mark; then edition by edition."""
    title = f"{territory['name']} : l’insertion par l’activité économique"
    measures = [one for one in content.measures if _has_series(one, territory["id"])]
    population = territory["population"]
    # As on the page: Mayotte is in the published country and has no population here.
    outside = [
        one["id"]
        for one in content.data["territories"]
        if territory["level"] == "national"
        and one["level"] == "departmental"
        and not one["population"]
    ]
    with _Book(content, path, title) as book:
        headings = [
            heading
            for measure in measures
            for heading in (measure["name"], "Pour 10 000 habitants", "Provisoire")
        ]
        sheet = book.add_series("Séries", headings)
        for position, measure in enumerate(measures):
            series, column = measure["stock"][territory["id"]], 1 + 3 * position
            book.write_stock(sheet, column, series)
            apart = [measure["stock"][one] for one in outside if one in measure["stock"]]
            for month in given(series):
                if population:
                    located = series[month] - sum(values[month] or 0 for values in apart)
                    rate = 10_000 * located / population
                    sheet.write_number(month + 1, column + 1, rate, book.decimal)
                flag = "oui" if measure["provisional"][month] else "non"
                sheet.write_string(month + 1, column + 2, flag)
        editions = content.data["editions"]
        if editions and measures[0]["id"] == "published":
            headings = [f"Édition du {edition['edition']}" for edition in editions]
            sheet = book.add_series("Éditions", headings)
            for column, edition in enumerate(editions, start=1):
                stocks = edition["stock"] or measures[0]["stock"]
                book.write_stock(sheet, column, stocks.get(territory["id"], []))


def _write_whole(content: Content, path: Path) -> None:
    """A sheet a series: one row a month, one column a territory."""
    names = {one["id"]: one["name"] for one in content.data["territories"]}
    flags = {None: "", True: "oui", False: "non"}
    title = "Tous les territoires : l’insertion par l’activité économique"
    with _Book(content, path, title) as book:
        for measure in content.measures:
            ids = [one for one in names if _has_series(measure, one)]
            sheet = book.add_series(
                (measure.get("label") and measure["id"]) or measure["name"],
                ["Provisoire", *(names[one] for one in ids)],
            )
            sheet.write_column(1, 1, [flags[flag] for flag in measure["provisional"]])
            for column, one in enumerate(ids, start=2):
                book.write_stock(sheet, column, measure["stock"][one])
