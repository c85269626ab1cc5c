"""Small drops in the real formats, written by the tests of the loader."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import duckdb

from iae.errors import IaeError
from iae.loading.declaration import Table
from iae.loading.drops import look_into
from iae.loading.load import Options, Outcome, load_all
from iae.loading.raw_tables import opened_to_load
from iae.loading.sources import SOURCES

VIEWS = {
    "structure": "Structure",
    "annexe_financiere": "AnnexeFinanciere",
    "contrat_mission": "ContratMission",
    "etat_mensuel_indiv": "EtatMensuelIndiv",
    "salarie": "Salarie",
}
FLUXIAE = {table.name: table for table in SOURCES["asp_fluxiae"].tables}
NIR = "185057512000542"

Row = Mapping[str, str]


def file_name(table: str, stamp: str = "22022022_112211") -> str:
    return f"fluxIAE_{VIEWS[table]}_{stamp}.csv.gz"


def fluxiae_text(
    table: Table,
    rows: Sequence[Row],
    *,
    deb: str | None = "22022022_112211",
    fin: int | bool = True,
    end: str = "\n",
    columns: Sequence[str] = (),
) -> str:
    """A FluxIAE file; `fin` is the count it announces, True for the right one, False for none."""
    columns = columns or table.wanted
    padding = "|" * (len(columns) - 1)
    lines = ["|".join(columns), *("|".join(row.get(name, "") for name in columns) for row in rows)]
    if deb:
        lines.insert(0, f"DEB{VIEWS[table.name]}{deb}{padding}")
    if fin is not False:
        lines.append(f"FIN{len(rows) if fin is True else fin}{padding}")
    return "".join(line + end for line in lines)


# Values of the columns that are checked, by a word in their names.
SHAPED = {
    "_date_": "07/02/2022",
    "_cp": "59000",
    "_insee": "59350",
    "_mesure_": "ACI_DC",
    "_etat_": "VALIDE",
    "_mois": "1",
    "_annee": "2022",
    "_heures_": "7.5",
    "_nir": NIR,
}


def rows_of(table: Table, nb_rows: int) -> list[dict[str, str]]:
    """Rows whose every value says its column and rank, but for those that must have a form."""
    shaped = {
        name: value for name in table.wanted for word, value in SHAPED.items() if word in name
    }
    return [
        {name: shaped.get(name, f"{name} {rank}") for name in table.wanted}
        for rank in range(nb_rows)
    ]


def write_fluxiae(
    drop: Path,
    contents: Mapping[str, bytes | str | None] | None = None,
    *,
    nb_rows: int = 3,
    stamp: str = "22022022_112211",
) -> Path:
    """Write a whole drop of FluxIAE, `contents` aside: given as they are, or left out (None)."""
    folder = drop / "asp_fluxiae"
    folder.mkdir(parents=True, exist_ok=True)
    contents = contents or {}
    for name, table in FLUXIAE.items():
        content = contents.get(name, fluxiae_text(table, rows_of(table, nb_rows), deb=stamp))
        if content is not None:
            data = content.encode() if isinstance(content, str) else content
            is_packed = data.startswith((b"\x1f\x8b", b"PK"))
            packed = data if is_packed else gzip.compress(data, mtime=0)
            (folder / file_name(name, stamp)).write_bytes(packed)
    return drop


class Warehouse:
    """A warehouse of one test's own, loaded in this process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "warehouse" / "build.duckdb"

    def load(self, *drops: Path, **options: Any) -> list[Outcome]:
        """Load every extract; raise the first fault once the others are loaded."""
        drop = look_into(list(drops))
        with opened_to_load(self.path) as connection:
            outcomes, faults = load_all(
                connection,
                self.path,
                drop.extracts,
                Options(**options),
                lambda _: nullcontext(lambda *_: None),
            )
        for fault in [*drop.faults, *faults]:
            raise fault
        return outcomes

    def fault(self, *drops: Path, **options: Any) -> str:
        """Load what must be refused; return the sentence."""
        try:
            self.load(*drops, **options)
        except IaeError as error:
            sentence = str(error)
        else:
            raise AssertionError("nothing was refused")
        assert "\n" not in sentence
        return sentence

    @contextmanager
    def connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with opened_to_load(self.path) as connection:
            yield connection

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connected() as connection:
            return connection.execute(sql).fetchall()
