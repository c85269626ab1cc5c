"""ASP's contrats aidés (sources.md, "asp_contrats_aides"; own input contract)."""

from __future__ import annotations

from iae.loading.declaration import Source, Table
from iae.loading.formats.delimited import Delimited

ASP_CONTRATS_AIDES = Source(
    name="asp_contrats_aides",
    tables=(
        Table(
            name="contrats_aides",
            pattern=r"contrats_aides_(?P<date>\d{8})(?!\d)",
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
        ),
    ),
    open=Delimited(separators=";"),
    date_format="%Y%m%d",
)
