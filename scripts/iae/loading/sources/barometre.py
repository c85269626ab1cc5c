"""Baromètre des résultats de l'action publique: the published series (sources.md, "barometre").

Licence Ouverte 2.0, DITP/Etalab.
"""

from __future__ import annotations

from iae.loading.declaration import Source, Table
from iae.loading.formats.delimited import Delimited

_INDICATOR = ("mesure", "indicateur", "id_indicateur")
_VALUE = ("date", "valeur", "unite")


def _table(name: str, *territory: str) -> Table:
    return Table(
        name=name,
        pattern=rf"(?P<date>\d{{4}}-\d{{2}}-\d{{2}})/barometre-resultats-detail-{name}\b",
        example=f"<YYYY-MM-DD>/barometre-resultats-detail-{name}.csv",
        columns=(*_INDICATOR, *territory, *_VALUE),
        keep={"id_indicateur": "nb-beneficiaires-siae"},
        has_personal_data=False,
    )


BAROMETRE = Source(
    name="barometre",
    tables=(
        _table("national", "maille_geographique"),
        _table("regional", "code_region", "libelle_region"),
        _table("departemental", "code_departement", "libelle_departement"),
    ),
    open=Delimited(separators=","),
    date_format="%Y-%m-%d",
    glob="*/*",
    accumulates=True,
)
