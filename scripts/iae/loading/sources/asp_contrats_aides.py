"""ASP's contrats aidés (docs/sources.md, "asp_contrats_aides"; own input contract)."""

from iae.loading.codes import dates, ids, places, sirets
from iae.loading.declaration import Source, Table
from iae.loading.formats.delimited import Delimited

ASP_CONTRATS_AIDES = Source(
    name="asp_contrats_aides",
    tables=(
        Table(
            name="contrats_aides",
            pattern="contrats_aides(?![a-z])",
            example="contrats_aides_<YYYYMMDD>.csv",
            columns=(
                "num_convention",
                "num_avenant",
                "type_contrat",
                "siret_employeur",
                "code_departement",
                "code_postal",
                "date_embauche",
                "date_fin_prevue",
                "date_rupture",
            ),
            nir="nir",
            keys=(
                *ids("num_convention"),
                *sirets("siret_employeur"),
                *dates("date_embauche", "date_fin_prevue", "date_rupture"),
                *places(postcodes=("code_postal",), departments=("code_departement",)),
            ),
        ),
    ),
    open=Delimited(separators=";"),
)
