"""Baromètre (docs/sources.md, "barometre"): the published series. Licence Ouverte, DITP/Etalab."""

from iae.loading.codes import patterns
from iae.loading.declaration import Key, Source, Table
from iae.loading.formats.delimited import Delimited

_INDICATOR = ("mesure", "indicateur", "id_indicateur")
_VALUE = ("date", "valeur", "unite")
_WANTED = "nb-beneficiaires-siae"


def _table(name: str, *territory: str) -> Table:
    return Table(
        name=name,
        pattern=rf"(.*[^a-z])?barometre-resultats-detail-{name}(?![a-z])",
        example=f"<YYYY-MM-DD>/barometre-resultats-detail-{name}.csv",
        columns=(*_INDICATOR, *territory, *_VALUE),
        has_personal_data=False,
        keys=(
            # A file may hold other indicators; one without this one is no edition of it.
            Key("id_indicateur", lambda name: f"{name} = '{_WANTED}'", _WANTED, 0, at_least=1),
            *patterns("a date YYYY-MM-DD", r"\d{4}-\d\d-\d\d", "date"),
            *patterns("a number", r"-?\d+(\.\d+)?", "valeur"),
        ),
    )


BAROMETRE = Source(
    name="barometre",
    tables=(
        _table("national", "maille_geographique"),
        _table("regional", "code_region", "libelle_region"),
        _table("departemental", "code_departement", "libelle_departement"),
    ),
    open=Delimited(separators=","),
    accumulates=True,
)
