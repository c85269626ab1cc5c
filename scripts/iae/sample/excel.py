"""Workbooks that are the same bytes for the same content."""

from datetime import datetime
from pathlib import Path

import xlsxwriter


def new_workbook(path: Path) -> xlsxwriter.Workbook:
    """Return a new workbook, to be closed by `with`."""
    workbook = xlsxwriter.Workbook(str(path))
    workbook.set_properties({"created": datetime(2022, 1, 1), "comments": "Données fictives"})
    return workbook
