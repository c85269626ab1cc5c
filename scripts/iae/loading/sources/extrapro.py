"""Extrapro: contrats de professionnalisation (docs/sources.md, "extrapro"; own input contract)."""

from iae.loading.codes import dates, ids, places, sirets
from iae.loading.declaration import Source, Table
from iae.loading.formats.delimited import UTF_8, WINDOWS_1252, Delimited

EXTRAPRO = Source(
    name="extrapro",
    tables=(
        Table(
            name="contrats_pro",
            pattern="contrats_pro(?![a-z])",
            example="contrats_pro_<YYYYMMDD>.csv",
            columns=(
                "num_contrat",
                "type_contrat",
                "num_avenant",
                "siret_employeur",
                "raison_sociale",
                "code_naf",
                "idcc",
                "code_commune_insee",
                "code_postal",
                "libelle_commune",
                "date_debut",
                "date_fin",
                "date_enregistrement",
                "opco",
            ),
            nir="nir",
            keys=(
                *ids("num_contrat"),
                *sirets("siret_employeur"),
                *dates("date_debut", "date_fin"),
                *places(communes=("code_commune_insee",), postcodes=("code_postal",)),
            ),
        ),
    ),
    open=Delimited(separators=";", encodings=(UTF_8, WINDOWS_1252)),
)
