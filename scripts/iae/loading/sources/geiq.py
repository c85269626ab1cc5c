"""The yearly list of GEIQ (docs/sources.md, "geiq"): a workbook or delimited text."""

from iae.loading.codes import places, sirets
from iae.loading.containers import Delivered
from iae.loading.declaration import Source, Table
from iae.loading.formats.delimited import UTF_8, WINDOWS_1252, Delimited
from iae.loading.formats.records import Reading
from iae.loading.formats.workbook import Workbook, is_workbook

_AS_TEXT = Delimited(separators=",;\t", encodings=(UTF_8, WINDOWS_1252))
_AS_WORKBOOK = Workbook()


def _open(item: Delivered, wanted: tuple[str, ...], is_careful: bool) -> Reading:
    form = _AS_WORKBOOK if is_workbook(item) else _AS_TEXT
    return form(item, wanted, is_careful)


GEIQ = Source(
    name="geiq",
    tables=(
        Table(
            name="listes",
            pattern="geiq(?![a-z])",
            example="geiq_<YYYY>.xlsx",
            columns=("nom", "code_postal", "ville", "siret"),
            keys=(*sirets("siret"), *places(postcodes=("code_postal",))),
        ),
    ),
    open=_open,
    # The label is granted for one year: a list is dated 1 January of its year.
    date_format="%Y",
    accumulates=True,
    days_ahead=366,
)
