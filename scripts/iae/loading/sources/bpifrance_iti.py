"""BPI France: entries into the ITI programme (docs/sources.md, "bpifrance_iti"; own contract)."""

from iae.loading.codes import ids, patterns
from iae.loading.declaration import Source, Table
from iae.loading.formats.workbook import Workbook

BPIFRANCE_ITI = Source(
    name="bpifrance_iti",
    tables=(
        Table(
            name="iti_entrees",
            pattern="iti_entrees(?![a-z])",
            example="iti_entrees_<YYYYMMDD>.xlsx",
            columns=("mois", "region", "departement", "reseau", "entrees"),
            has_personal_data=False,
            keys=(
                *ids("departement"),
                # The spellings that the models read: macros/parse_month.sql.
                *patterns(
                    "a month such as 2021-01, 01/2021 or janvier 2021",
                    r"\d{4}-\d\d(-\d\d.*)?|\d\d/\d{4}|[\pL\pM]+[-\s\pZ./]*(\d{4}|\d{2})",
                    "mois",
                ),
                *patterns("a number of entries", r"\d[\d\s\pZ]*", "entrees"),
            ),
        ),
    ),
    open=Workbook(
        filled_down=("mois", "region"),
        total_columns=("mois", "region", "departement", "reseau"),
        data_columns=("departement", "entrees"),
    ),
)
