"""One workbook with every open table, for French spreadsheets: real dates, real numbers."""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from iae.datapackage import Table


def write_workbook(
    connection: duckdb.DuckDBPyConnection,
    tables: list[Table],
    descriptor: dict[str, Any],
    path: Path,
) -> None:
    """Write a sheet of metadata, one of columns and one per table, headers frozen."""
    # Row by row, so that memory does not grow with the tables; a text is never a formula or a link.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        # Always the same date: the same figures give the same bytes.
        book.set_properties({"title": descriptor["title"], "created": datetime(2000, 1, 1)})
        header = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        formats = {
            "date": book.add_format({"num_format": "dd/mm/yyyy"}),
            "datetime": book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            "integer": book.add_format({"num_format": "#,##0"}),
            "number": book.add_format({"num_format": "0.00"}),
        }
        sheet = _sheet(book, "Métadonnées", ["Rubrique", "Valeur"], header, [24, 110])
        for row, said in enumerate(_metadata(descriptor), start=1):
            sheet.write_row(row, 0, said, wrapped)
        headings = ["Table", "Colonne", "Type", "Description"]
        sheet = _sheet(book, "Dictionnaire", headings, header, [26, 26, 10, 110])
        columns = [(table.name, column) for table in tables for column in table.columns]
        for row, (table_name, column) in enumerate(columns, start=1):
            texts = (table_name, column.name, column.type, column.description)
            sheet.write_row(row, 0, texts, wrapped)
        for table in tables:
            _write_table(book, connection, table, header, formats)


def _sheet(book: Any, name: str, headings: list[str], header: Any, widths: list[int]) -> Any:
    sheet = book.add_worksheet(name)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, headings, header)
    return sheet


def _write_table(
    book: Any,
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    header: Any,
    formats: dict[str, Any],
) -> None:
    names = [column.name for column in table.columns]
    sheet = _sheet(book, table.name[:31], names, header, [max(12, len(name) + 2) for name in names])
    formats_of_columns = [formats.get(column.type) for column in table.columns]
    cursor = connection.execute(table.sql)
    row = 0
    while block := cursor.fetchmany(10_000):
        for values in block:
            row += 1
            for place, value in enumerate(values):
                if value is not None:
                    sheet.write(row, place, value, formats_of_columns[place])
    sheet.autofilter(0, 0, max(row, 1), len(names) - 1)


def _metadata(descriptor: dict[str, Any]) -> list[tuple[str, str]]:
    period = descriptor["temporal"]
    [licence] = descriptor["licenses"]
    producer, contact = (one["title"] for one in descriptor["contributors"])
    return [
        ("Titre", descriptor["title"]),
        ("Description", descriptor["description"]),
        ("Édition", descriptor["version"]),
        ("Période", f"{period['start'] or '–'} à {period['end'] or '–'}"),
        ("Géographie", descriptor["spatial"]),
        ("Mise à jour", "mensuelle"),
        ("Sources", " ; ".join(source["title"] for source in descriptor["sources"])),
        ("Licence", f"{licence['title']}, {licence['path']}"),
        ("Producteur", producer),
        ("Contact", contact),
        ("Statut d’un chiffre", "obs_status : A normal, P provisoire, M manquant."),
        *(
            (f"Feuille {resource['path'].removesuffix('.csv')}", resource["title"])
            for resource in descriptor["resources"]
        ),
    ]
