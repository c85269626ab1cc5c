"""Small drops in the real formats, written by the tests of the loader."""

from __future__ import annotations

import gzip
import io
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import duckdb
import pytest
import pyzipper
import xlsxwriter
from click.testing import Result
from typer.testing import CliRunner

from iae.cli import app
from iae.errors import IaeError
from iae.loading.declaration import Table
from iae.loading.drops import look_into
from iae.loading.load import Options, Outcome, load_all
from iae.loading.raw_tables import opened_to_load
from iae.loading.sources import SOURCES

FLUXIAE = {table.name: table for table in SOURCES["asp_fluxiae"].tables}
STAMP = "22022022_112211"
NIR = "185057512000542"
SALT = "salt and pepper, black"
EXTRAPRO = [column.upper() for column in SOURCES["extrapro"].tables[0].wanted]
PRO = "extrapro/contrats_pro_20220301.csv"
ITI = "bpifrance_iti/iti_entrees_20220301.xlsx"
ITI_HEADER = ["Mois", "Région", "Département", "Réseau", "Entrées"]
CONTRATS_AIDES = list(SOURCES["asp_contrats_aides"].tables[0].wanted)

Row = Mapping[str, str]
Content = bytes | str | list[dict[str, str]]


def view(table: str) -> str:
    """How the ASP names a table."""
    return table.title().replace("_", "")


def file_name(table: str, stamp: str = STAMP) -> str:
    return f"fluxIAE_{view(table)}_{stamp}.csv.gz"


def fluxiae_text(
    table: Table,
    rows: Sequence[Row],
    *,
    deb: str | None = STAMP,
    fin: int | bool = True,
    end: str = "\n",
    columns: Sequence[str] = (),
) -> str:
    """A FluxIAE file; `fin` is the count it announces, True for the right one, False for none."""
    columns = columns or table.wanted
    padding = "|" * (len(columns) - 1)
    lines = ["|".join(columns), *("|".join(row.get(name, "") for name in columns) for row in rows)]
    if deb:
        lines.insert(0, f"DEB{view(table.name)}{deb}{padding}")
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
    contents: Mapping[str, Content | None] | None = None,
    *,
    nb_rows: int = 3,
    stamp: str = STAMP,
) -> Path:
    """Write a whole drop of FluxIAE, `contents` aside: rows, files as they are, or none (None)."""
    folder = drop / "asp_fluxiae"
    folder.mkdir(parents=True, exist_ok=True)
    contents = contents or {}
    for name, table in FLUXIAE.items():
        content = contents.get(name, rows_of(table, nb_rows))
        if isinstance(content, list):
            content = fluxiae_text(table, content, deb=stamp)
        if content is not None:
            data = content.encode() if isinstance(content, str) else content
            is_packed = data.startswith((b"\x1f\x8b", b"PK"))
            packed = data if is_packed else gzip.compress(data, mtime=0)
            (folder / file_name(name, stamp)).write_bytes(packed)
    return drop


def fluxiae_texts(
    stamp: str = STAMP, nb_rows: int = 3, deb: str | None = STAMP
) -> dict[str, bytes]:
    """The files of an extract, unpacked, by their names."""
    return {
        file_name(name, stamp).removesuffix(".gz"): fluxiae_text(
            table, rows_of(table, nb_rows), deb=deb
        ).encode()
        for name, table in FLUXIAE.items()
    }


def contract(number: str, name: str = "", nir: str = NIR) -> str:
    values = {"NUM_CONTRAT": number, "RAISON_SOCIALE": name, "NIR": nir}
    return ";".join(values.get(column, "") for column in EXTRAPRO)


def extrapro(*records: str, end: str = "\n") -> str:
    return "".join(line + end for line in [";".join(EXTRAPRO), *records])


def workbook(rows: list[list[object]]) -> bytes:
    return workbook_of({"Feuil1": rows})


def workbook_of(sheets: dict[str, list[list[object]]]) -> bytes:
    """A workbook of these sheets; the one named Calculs is hidden."""
    content = io.BytesIO()
    options = {"default_date_format": "mmm-yy", "strings_to_formulas": False}
    with xlsxwriter.Workbook(content, options) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name == "Calculs":
                sheet.hide()
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    return content.getvalue()


def zipped(
    entries: dict[str, bytes], password: str | None = None, mode: int = stat.S_IFREG | 0o644
) -> bytes:
    content = io.BytesIO()
    with pyzipper.AESZipFile(content, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        if password:
            archive.setpassword(password.encode())
            archive.setencryption(pyzipper.WZ_AES, nbits=256)
        for name, data in entries.items():
            info = pyzipper.zipfile_aes.AESZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return content.getvalue()


def tarred(entries: dict[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()


def edition(indicators: Sequence[str]) -> dict[str, bytes]:
    """The three files of an edition, with a row for each of the indicators."""
    files = {}
    for table in SOURCES["barometre"].tables:
        shaped = {"mesure": '"a,\nb"', "date": "2022-01-31", "valeur": "12.0"}
        rows = [{**shaped, "id_indicateur": indicator} for indicator in indicators]
        lines = [",".join(row.get(name, "x") for name in table.columns) for row in rows]
        text = "\n".join([",".join(table.columns), *lines])
        files[f"barometre-resultats-detail-{table.name}.csv"] = text.encode()
    return files


def below(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def put(drop: Path, name: str, content: bytes | str) -> Path:
    return put_all(drop, {name: content})


def put_all(drop: Path, files: Mapping[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = drop / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return drop


def run(*arguments: str | Path, code: int = 0) -> Result:
    """Run a command in this process; check its exit code, and that no fault is ours."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    assert done.exit_code == code, done.output
    return done


def error_of(*arguments: str | Path) -> str:
    """The one sentence of a command that must be refused."""
    lines = run(*arguments, code=1).stderr.splitlines()
    [sentence] = [line for line in lines if line.startswith("Error: ")]
    return sentence


@contextmanager
def begun(code: str, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Python code that runs in another process and has printed a line; killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        try:
            yield process
        finally:
            process.kill()


def open_elsewhere(path: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    """A process that has a warehouse open."""
    holding = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('begun'); input()"
    return begun(holding, path)


class Warehouse:
    """A warehouse of one test's own, loaded in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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

    def load_files(self, files: Mapping[str, bytes], **options: Any) -> list[Outcome]:
        """Write a drop of these files, and load it."""
        return self.load(put_all(self.folder / "drop", files), **options)

    def fault(self, *drops: Path, **options: Any) -> str:
        """Load what must be refused; return the sentence."""
        with pytest.raises(IaeError) as refused:
            self.load(*drops, **options)
        sentence = str(refused.value)
        assert "\n" not in sentence
        return sentence

    def connected(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return opened_to_load(self.path)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connected() as connection:
            return connection.execute(sql).fetchall()

    def values(self, sql: str) -> list[Any]:
        """The first column of a query."""
        return [row[0] for row in self.query(sql)]
