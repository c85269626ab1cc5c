"""BPI France: entries into the ITI programme (sources.md, "bpifrance_iti"; own input contract)."""

from __future__ import annotations

from iae.loading.declaration import Source, Table
from iae.loading.formats.workbook import Workbook

BPIFRANCE_ITI = Source(
    name="bpifrance_iti",
    tables=(
        Table(
            name="iti_entrees",
            pattern=r"iti_entrees_(?P<date>\d{8})(?!\d)",
            example="iti_entrees_<YYYYMMDD>.xlsx",
            columns=("mois", "region", "departement", "reseau", "entrees"),
            has_personal_data=False,
        ),
    ),
    open=Workbook(
        filled_down=("mois", "region"),
        total_columns=("mois", "region", "departement", "reseau"),
        data_columns=("departement", "entrees"),
    ),
    date_format="%Y%m%d",
)
