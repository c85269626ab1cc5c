"""Workbooks that are the same bytes for the same content."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import xlsxwriter


@contextmanager
def new_workbook(path: Path) -> Iterator[xlsxwriter.Workbook]:
    """Open a new workbook, written when the block ends without a fault."""
    workbook = xlsxwriter.Workbook(str(path))
    workbook.set_properties({"created": datetime(2022, 1, 1), "comments": "Données fictives"})
    yield workbook
    workbook.close()
