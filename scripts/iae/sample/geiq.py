"""The sample of `extrapro`, `asp_contrats_aides` and `geiq`."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

from iae.sample.excel import new_workbook
from iae.sample.resources import run_script
from iae.sample.text_files import Layout, WrittenFile, write_delimited

_EXTRAPRO = Layout(
    separator=";", quoted=True, container="gzip", line_end=b"\r\n", encoding="windows-1252"
)
_CONTRATS_AIDES = Layout(separator=";", quoted=True, has_bom=True)
_LIST_AS_TEXT = Layout(separator=";", quoted=True, encoding="windows-1252")
_FIRST_LIST = 2020


def write_geiq(
    connection: duckdb.DuckDBPyConnection, out: Path, extract_date: date, first_list: int
) -> Iterator[WrittenFile]:
    """Write the contracts that GEIQ can hold, and the lists, from a year on, of who is a GEIQ."""
    run_script(connection, "geiq")
    for source, name, age, extension, layout in (
        ("extrapro", "contrats_pro", 0, ".csv.gz", _EXTRAPRO),
        ("asp_contrats_aides", "contrats_aides", 5, ".csv", _CONTRATS_AIDES),
    ):
        folder = out / source
        folder.mkdir()
        day = extract_date - timedelta(days=age)
        path = folder / f"{name}_{day:%Y%m%d}{extension}"
        yield write_delimited(connection, f"from drop_{name}", path, layout)
    folder = out / "geiq"
    years = connection.execute(
        "select distinct year from geiq_lists where year >= ? order by year", [first_list]
    ).fetchall()
    if years:
        folder.mkdir()
    for (year,) in years:
        query = f"select * exclude (year) from geiq_list_rows where year = {int(year)}"  # noqa: S608
        if year == _FIRST_LIST:
            yield write_delimited(connection, query, folder / f"geiq_{year}.csv", _LIST_AS_TEXT)
        else:
            yield _write_list(connection, query, folder / f"geiq_{year}.xlsx")


def _write_list(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> WrittenFile:
    """Write one year's list as a workbook that holds SIRETs as numbers: leading zeros are lost."""
    result = connection.execute(query)
    header = [name for name, *_ in result.description or []]
    rows = result.fetchall()
    with new_workbook(path) as workbook:
        sheet = workbook.add_worksheet("GEIQ")
        sheet.write_row(0, 0, header)
        for row_no, row in enumerate(rows, start=1):
            for column_no, (name, value) in enumerate(zip(header, row, strict=True)):
                if value is None:
                    continue
                if name == "SIRET" and row_no % 4:
                    sheet.write_number(row_no, column_no, int(value))
                else:
                    sheet.write_string(row_no, column_no, value)
    return WrittenFile(path, len(rows))
