"""Whatever is delivered ends in one clear sentence or in quarantined rows: never in a traceback,
never in rows lost in silence, never in another extract than the one before."""

from __future__ import annotations

import gzip
import io
import os
import random
import re
import shutil
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from typer.testing import CliRunner

from iae.cli import app
from iae.loading.sources import SOURCES
from loading import FLUXIAE, NIR, Warehouse, file_name, fluxiae_text, rows_of, write_fluxiae
from test_load_formats import contract, extrapro, put, workbook, zipped

SECRET_NAME = "VERYSECRETNAME"
PASSWORD = "correct horse"
STAMP = "22022022_112211"


@dataclass(frozen=True)
class Case:
    """How a drop is written, and what must become of it.

    Either `refused`, a pattern of the sentence shown, or landed, with `rejected` rows.
    """

    name: str
    write: Callable[[Path], object]
    refused: str = ""
    rejected: list[tuple[int, str]] = field(default_factory=list)
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    landed: str = ""


def flux(**contents: bytes | str | None) -> Callable[[Path], object]:
    """A whole FluxIAE drop but for the tables given."""
    return lambda drop: write_fluxiae(drop, contents)


def salarie(*, nb_rows: int = 3, **options: object) -> str:
    """The text of Salarie, with a name in a column that is not to be landed."""
    table = FLUXIAE["salarie"]
    rows = [{**row, "salarie_nom_usage": SECRET_NAME} for row in rows_of(table, nb_rows)]
    columns = ("salarie_nom_usage", *table.wanted)
    return fluxiae_text(table, rows, columns=columns, **options)  # type: ignore[arg-type]


def edited(change: Callable[[list[bytes]], list[bytes]], **options: object) -> bytes:
    """Salarie (DEB, header, three records, FIN), its lines changed."""
    return b"".join(change(salarie(**options).encode().splitlines(keepends=True)))


def record(*values: str) -> bytes:
    return "|".join(values).encode() + b"\n"


def other(name: str, content: bytes | str) -> Callable[[Path], object]:
    return lambda drop: put(drop, name, content.encode() if isinstance(content, str) else content)


def archive(content: bytes) -> Callable[[Path], object]:
    return other("asp_fluxiae/fluxIAE_ITOU_22022022_112211.zip", content)


def texts() -> dict[str, bytes]:
    return {
        file_name(name).removesuffix(".gz"): fluxiae_text(table, rows_of(table, 3)).encode()
        for name, table in FLUXIAE.items()
    }


def tar_of(*members: tarfile.TarInfo) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as packed:
        for member in members:
            packed.addfile(member)
    return content.getvalue()


def tar_member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = link
    return member


def declared_huge() -> bytes:
    """A zip whose directory says that its entry unpacks to 4 GB."""
    content = bytearray(zipped({"fluxIAE_Structure_22022022_112211.csv": b"x" * 100}))
    place = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 24, 0xFFFFFFF0)
    return bytes(content)


def damaged(content: bytes) -> bytes:
    """Content with four bytes changed, in the middle of a zip's data."""
    return content[:90] + bytes(one ^ 255 for one in content[90:94]) + content[94:]


def noise(nb_bytes: int) -> bytes:
    return random.Random(1).randbytes(nb_bytes)


def named(table: str, name: str) -> Callable[[Path], object]:
    """A whole drop, one of whose files is renamed."""

    def write(drop: Path) -> None:
        folder = write_fluxiae(drop) / "asp_fluxiae"
        (folder / file_name(table)).rename(folder / name)

    return write


def without_dates(drop: Path) -> None:
    folder = drop / "asp_fluxiae"
    folder.mkdir(parents=True)
    for name, table in FLUXIAE.items():
        view = file_name(name).split("_")[1]
        (folder / f"fluxIAE_{view}_.csv").write_text(fluxiae_text(table, [], deb=None))


def formula_book() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Mois", "Région", "Département", "Réseau", "Entrées"])
        sheet.write_row(1, 0, ["2021-01", "Bretagne", "Finistère", "BGE"])
        sheet.write_formula(1, 4, '=HYPERLINK("http://x")', value=7)
        sheet.write_string(2, 0, "=cmd|' /C calc'!A0")
        sheet.write_string(2, 4, "=1+1")
    return content.getvalue()


def bombed_book() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "")
        book.writestr("xl/worksheets/sheet1.xml", bytes(80 << 20))
    return content.getvalue()


def symlink(drop: Path) -> None:
    folder = write_fluxiae(drop) / "asp_fluxiae"
    (folder / file_name("salarie")).unlink()
    (folder / file_name("salarie")).symlink_to(folder / "nowhere")


def folder_as_file(drop: Path) -> None:
    folder = write_fluxiae(drop) / "asp_fluxiae"
    (folder / file_name("salarie")).unlink()
    (folder / file_name("salarie")).mkdir()


ITI = "bpifrance_iti/iti_entrees_20220301.xlsx"
PRO = "extrapro/contrats_pro_20220301.csv"
HEAD_LINES = 2
WHOLE = salarie().encode()
ALL = ("--max-rejected", "1", "--max-fall", "0.5")
COLUMNS_OF_SALARIE = "salarie_nom_usage|salarie_id|salarie_date_modification|salarie_nir"

CASES = [
    # Containers
    Case("truncated gzip", flux(salarie=gzip.compress(WHOLE * 9)[:-20]), "damaged or cut"),
    Case("gzip cut in its head", flux(salarie=b"\x1f\x8b\x08"), "damaged or cut"),
    Case(
        "gzip with a wrong checksum", flux(salarie=gzip.compress(WHOLE)[:-8] + bytes(8)), "damaged"
    ),
    Case("gzip, then something else", flux(salarie=gzip.compress(WHOLE) + b"more"), "damaged"),
    Case("gzip of nothing", flux(salarie=b""), "is empty"),
    Case("file of no byte", other(PRO, b""), "is empty"),
    Case("binary noise", flux(salarie=noise(100_000)), "no column salarie_id"),
    Case(
        "binary noise without a line end",
        flux(salarie=bytes(range(11, 256)) * 99_999),
        "no line ends",
    ),
    Case(
        "binary noise after a good start",
        flux(salarie=WHOLE[:-8] + noise(300_000)),
        "records cannot be read",
    ),
    Case("truncated zip", flux(salarie=zipped({"a.csv": WHOLE})[:-30]), "damaged or cut"),
    Case(
        "zip whose bytes are damaged",
        flux(salarie=damaged(zipped({"a.csv": WHOLE}))),
        "damaged or cut",
    ),
    Case("zip of nothing", archive(zipped({})), "archive is empty"),
    Case(
        "zip of two files for one table",
        archive(zipped({**texts(), "copy/" + next(iter(texts())): b""})),
        "several files for one table",
    ),
    Case(
        "entry that climbs out",
        archive(zipped({"../fluxIAE_Structure_22022022_1.csv": b"x"})),
        "leads out of it",
    ),
    Case(
        "entry with an absolute name",
        archive(zipped({"/etc/fluxIAE_Structure_22022022_1.csv": b"x"})),
        "leads out of it",
    ),
    Case(
        "entry with a Windows path",
        archive(zipped({r"C:\fluxIAE_Structure_22022022_1.csv": b"x"})),
        "leads out of it",
    ),
    Case(
        "entry that is a link",
        archive(
            zipped({"fluxIAE_Structure_22022022_1.csv": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
        ),
        "links are refused",
    ),
    Case(
        "tar with a link",
        archive(
            tar_of(tar_member("fluxIAE_Structure_22022022_1.csv", tarfile.SYMTYPE, "/etc/passwd"))
        ),
        "links are refused",
    ),
    Case(
        "tar with a hard link",
        archive(tar_of(tar_member("a", tarfile.LNKTYPE, "b"))),
        "links are refused",
    ),
    Case(
        "tar with a device", archive(tar_of(tar_member("a", tarfile.CHRTYPE))), "links are refused"
    ),
    Case("tar that climbs out", archive(tar_of(tar_member("../a"))), "leads out of it"),
    Case("zip bomb", flux(salarie=zipped({"a.csv": bytes(100 << 20)})), "beyond the limits"),
    Case("gzip bomb", flux(salarie=gzip.compress(WHOLE + bytes(100 << 20))), "beyond the limits"),
    Case("zip that declares 4 GB", archive(declared_huge()), "beyond the limits"),
    Case(
        "three containers deep",
        archive(zipped({"b.zip": zipped({"a.csv.gz": gzip.compress(WHOLE)})})),
        "beyond 2 levels",
    ),
    Case(
        "gzip three times",
        flux(salarie=gzip.compress(gzip.compress(gzip.compress(WHOLE)))),
        "beyond 2 levels",
    ),
    Case("password not given", archive(zipped(texts(), PASSWORD)), "set IAE_ARCHIVE_PASSWORD"),
    Case(
        "wrong password",
        archive(zipped(texts(), PASSWORD)),
        "does not open it",
        environment={"IAE_ARCHIVE_PASSWORD": "wrong-secret"},
    ),
    Case(
        "truncated AES zip",
        archive(zipped(texts(), PASSWORD)[:-99]),
        "damaged or cut",
        environment={"IAE_ARCHIVE_PASSWORD": PASSWORD},
    ),
    # Envelope and header
    Case("FIN announces more", flux(salarie=salarie(fin=4)), "FIN announces 4 records and 3"),
    Case("FIN announces fewer", flux(salarie=salarie(fin=2)), "FIN announces 2 records and 3"),
    Case("FIN announces far too many", flux(salarie=salarie(fin=10**30)), "FIN announces"),
    Case(
        "file cut, FIN lost, compared",
        flux(salarie=edited(lambda lines: lines[:2])),
        "salarie, rows: 3 to 0",
    ),
    Case(
        "last record cut",
        flux(salarie=WHOLE[: WHOLE.rindex(b"2|18505")]),
        rejected=[(5, "too few columns")],
        options=ALL,
    ),
    Case(
        "last record cut, by default",
        flux(salarie=WHOLE[: WHOLE.rindex(b"2|18505")]),
        "1 of 3 records cannot be read, the first at line 5",
    ),
    Case(
        "FIN in the middle",
        flux(salarie=edited(lambda lines: [*lines[:3], lines[5], *lines[3:5]])),
        rejected=[(4, "FIN row before the end of the file")],
        options=ALL,
    ),
    Case("two files in one", flux(salarie=WHOLE + WHOLE), "FIN announces 3 records and 9"),
    Case("DEB without a date", flux(salarie=salarie(deb="99999999_112211")), "bears no date"),
    Case("DEB alone", flux(salarie=edited(lambda lines: lines[:1])), "without a header"),
    Case("header alone", flux(salarie=salarie(nb_rows=0)), "salarie, rows: 3 to 0"),
    Case("header alone, accepted", flux(salarie=salarie(nb_rows=0)), options=("--accept",)),
    Case(
        "header twice",
        flux(salarie=edited(lambda lines: [*lines[:2], lines[1], *lines[2:5]])),
        rejected=[(3, "header repeated")],
        options=ALL,
    ),
    Case(
        "no header",
        flux(salarie=edited(lambda lines: [lines[0], *lines[2:]])),
        "no column salarie_id",
    ),
    Case(
        "missing column",
        flux(salarie=salarie().replace("salarie_nir", "salarie_nni")),
        "no column salarie_nir",
    ),
    Case(
        "missing column of Structure",
        flux(structure="structure_id_siae|x\n1|2\n"),
        "no column structure_siret_signature",
    ),
    Case(
        "column twice",
        flux(salarie=salarie().replace("salarie_nom_usage", "salarie_id")),
        "column salarie_id more than once",
    ),
    Case("wrong separator", flux(salarie=salarie().replace("|", ";")), "no column salarie_id"),
    Case("UTF-16", flux(salarie=salarie().encode("utf-16")), "UTF-16"),
    Case("line ends of another age", flux(salarie=salarie(end="\r")), "no column|no line ends"),
    # Records
    Case(
        "wrong separator in the records",
        flux(
            salarie=edited(
                lambda lines: [*lines[:2], *(line.replace(b"|", b";") for line in lines[2:5])]
            )
        ),
        "records cannot be read",
    ),
    Case(
        "Windows-1252 in UTF-8",
        flux(salarie=WHOLE.replace(b"salarie_id 1", b"\xe9")),
        rejected=[(4, "invalid bytes")],
        options=ALL,
    ),
    Case(
        "NUL bytes",
        flux(salarie=WHOLE.replace(b"salarie_id 1", b"\x00")),
        rejected=[(4, "invalid bytes")],
        options=ALL,
    ),
    Case(
        "too few columns",
        flux(salarie=WHOLE.replace(b"|salarie_id 1", b"")),
        rejected=[(4, "too few columns")],
        options=ALL,
    ),
    Case(
        "too many columns",
        flux(salarie=WHOLE.replace(b"salarie_id 1", b"|")),
        rejected=[(4, "too many columns")],
        options=ALL,
    ),
    Case(
        "too many, by default",
        flux(salarie=WHOLE.replace(b"salarie_id 1", b"|")),
        r"1 of 3 .* line 4 \(too many columns\)",
    ),
    *(
        Case(
            f"line of {nb_megabytes} MB",
            flux(salarie=WHOLE.replace(b"salarie_id 1", noise(nb_megabytes << 19).hex().encode())),
            rejected=[(4, "record longer than 1 MB")],
            options=ALL,
        )
        # Cut at different places on its way, never landed without its middle.
        for nb_megabytes in (3, 5, 7, 18)
    ),
    Case(
        "lone quotes",
        flux(salarie=WHOLE.replace(b"salarie_id 1", b'"')),
        landed="select count(*) = 1 from raw.asp_fluxiae__salarie where salarie_id = '\"'",
    ),
    Case(
        "our own quote as data",
        flux(salarie=WHOLE.replace(b"salarie_id 1", b"\x02")),
        landed="select count(*) = 1 from raw.asp_fluxiae__salarie where salarie_id = chr(2)",
    ),
    Case(
        "SQL as a value",
        flux(salarie=WHOLE.replace(b"salarie_id 1", b"'); drop schema raw cascade; --")),
        landed="select bool_or(salarie_id like '%drop schema%') from raw.asp_fluxiae__salarie",
    ),
    Case(
        "SQL as a column",
        flux(salarie=WHOLE.replace(b"salarie_nom_usage", b"x', 'y'); drop schema raw; --")),
    ),
    Case(
        "negative hours, dates far away",
        flux(
            etat_mensuel_indiv=fluxiae_text(
                FLUXIAE["etat_mensuel_indiv"],
                [
                    {
                        "emi_dsm_id": "1",
                        "emi_nb_heures_travail": "-5",
                        "emi_date_creation": "31/02/9999",
                    }
                ]
                * 3,
            )
        ),
        landed=(
            "select count(*) = 3 from raw.asp_fluxiae__etat_mensuel_indiv "
            "where emi_nb_heures_travail = '-5' and emi_date_creation = '31/02/9999'"
        ),
    ),
    # Names and dates
    Case("missing file", flux(salarie=None), "no file for salarie.*fluxIAE_Salarie_DDMMYYYY"),
    Case("a folder in place of a file", folder_as_file, "no file for salarie"),
    Case("a link to nowhere", symlink, "no file for salarie"),
    Case(
        "different dates",
        named("salarie", "fluxIAE_Salarie_23022022_112211.csv.gz"),
        "different dates .22/02/2022, 23/02/2022",
    ),
    Case(
        "two files for one table",
        lambda drop: (write_fluxiae(drop), write_fluxiae(drop, stamp="22022022_120000")),
        "several files for one table",
    ),
    Case("no date anywhere", without_dates, "no date in the file names"),
    Case(
        "a date to come",
        lambda drop: write_fluxiae(drop, stamp="22022099_112211"),
        "dated 22/02/2099",
    ),
    Case(
        "a date long gone",
        lambda drop: write_fluxiae(drop, stamp="22021922_112211"),
        "dated 22/02/1922",
    ),
    Case(
        "no such day in a name",
        other("extrapro/contrats_pro_20220230.csv", extrapro(contract("1"))),
        "no date in the file names",
    ),
    Case(
        "file that is none of the source's",
        other("extrapro/readme.txt", b"x"),
        "no file for contrats_pro",
    ),
    Case(
        "SQL in a file name",
        other(
            "geiq/geiq_2021'); drop schema raw; --.csv", "Nom,Code Postal,Ville,SIRET\na,1,b,2\n"
        ),
        landed="select count(*) = 1 from raw.geiq__listes where _file like '%drop schema%'",
    ),
    Case(
        "control characters in a file name",
        other("geiq/geiq_2021\x1b[31m[red]\n.csv", "Nom,Code Postal,Ville,SIRET\na,1,b,2\n"),
        landed="select count(*) = 1 from raw.geiq__listes where _file = 'geiq_2021?[31m[red]?.csv'",
    ),
    Case(
        "a file name that is not Unicode",
        other(os.fsdecode(b"geiq/geiq_2021\xff.csv"), "Nom,Code Postal,Ville,SIRET\na,1,b,2\n"),
        landed="select count(*) = 1 from raw.geiq__listes",
    ),
    # The other formats
    Case(
        "delimited: wrong separator",
        other(PRO, extrapro(contract("1")).replace(";", ",")),
        "no column num_contrat",
    ),
    Case(
        "delimited: missing column",
        other(PRO, extrapro(contract("1")).replace("NIR", "NNI")),
        "no column nir",
    ),
    Case("delimited: header alone", other(PRO, extrapro())),
    Case(
        "delimited: quote never closed",
        other(PRO, extrapro(contract("1", '"BTP'), "2;x")),
        rejected=[(3, "too few columns")],
        options=ALL,
    ),
    Case(
        "delimited: only bad rows",
        other(PRO, extrapro("1;2", "3;4")),
        "2 of 2 records cannot be read",
    ),
    Case(
        "delimited: SQL as a separator",
        other("geiq/geiq_2021.csv", "Nom';Code Postal';Ville';SIRET'\n"),
        "no column nom",
    ),
    Case("workbook that is text", other(ITI, "Mois;Région\n"), "is not a workbook"),
    Case("workbook that is noise", other(ITI, noise(9_999)), "is not a workbook"),
    Case("workbook cut", other(ITI, formula_book()[:-2_000]), "is not a workbook|damaged or cut"),
    Case("workbook that is empty", other(ITI, b""), "is empty"),
    Case(
        "workbook without a header",
        other(ITI, workbook([["Titre"], [1, 2, 3]])),
        "no column mois, region",
    ),
    Case("workbook without a cell", other(ITI, workbook([])), "no column mois, region"),
    Case("workbook bomb", other(ITI, bombed_book()), "beyond the limits"),
    Case(
        "formula cells",
        other(ITI, formula_book()),
        landed=(
            "select list(entrees order by _line) = ['7', '=1+1'] "
            "from raw.bpifrance_iti__iti_entrees"
        ),
    ),
    Case(
        "edition with a file missing",
        other(
            "barometre/2022-03-15/barometre-resultats-detail-national.csv",
            ",".join(SOURCES["barometre"].tables[0].columns),
        ),
        "no file for regional",
    ),
    Case(
        "edition that is no date",
        other("barometre/2022-03-55/barometre-resultats-detail-national.csv", b"x"),
        "no file for|no date",
    ),
    Case("nothing recognisable", other("photos/holiday.txt", b"x"), "nothing here is recognised"),
]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with one good extract, older than any other of this module."""
    folder = tmp_path_factory.mktemp("before")
    drop = write_fluxiae(folder / "drop", stamp="10012022_112211")
    warehouse = Warehouse(folder)
    warehouse.load(drop)
    return warehouse.path


def content_of(path: Path) -> list[tuple[object, ...]]:
    """Every extract logged, every row of every raw table."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || name from ("
            "  select schema_name, table_name as name from duckdb_tables()"
            "  union all select schema_name, view_name from duckdb_views() where not internal"
            ") where schema_name in ('raw', 'landing') order by all"
        ).fetchall()
        return [
            (name, *row)
            for (name,) in names
            for row in connection.execute("from " + name).fetchall()
        ]


def test_there_are_enough_cases() -> None:
    assert len(CASES) == len({case.name for case in CASES}) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_malformed(
    case: Case, tmp_path: Path, before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "warehouse" / "build.duckdb"
    path.parent.mkdir()
    shutil.copy(before, path)
    drop = tmp_path / "drop"
    drop.mkdir()
    case.write(drop)
    monkeypatch.setenv("IAE_WAREHOUSE", str(path))
    monkeypatch.setenv("IAE_SALT", "a salt of some length")
    monkeypatch.delenv("IAE_ARCHIVE_PASSWORD", raising=False)
    for name, value in case.environment.items():
        monkeypatch.setenv(name, value)
    known = content_of(path)
    done = CliRunner().invoke(app, ["load", str(drop), *case.options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    if case.refused:
        sentences = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert len(sentences) == 1, done.output
        assert re.search(case.refused, sentences[0]), sentences[0]
        assert done.exit_code == 1
        assert content_of(path) == known
    else:
        assert done.exit_code == 0, done.output
        with duckdb.connect(str(path), read_only=True) as connection:
            rejected = connection.execute("select line, reason from raw.rejected_rows").fetchall()
            logged = connection.execute(
                "select table_name, nb_records, nb_rows, nb_rejected from raw.extract_files"
                " where load_id = (select max(load_id) from raw.extracts)"
            ).fetchall()
            assert all(records == rows + left for _, records, rows, left in logged)
            assert not case.landed or connection.execute(case.landed).fetchone() == (True,)
        assert rejected == case.rejected
    secrets = [SECRET_NAME, NIR, NIR[:13], PASSWORD, "wrong-secret", "a salt of some length"]
    for file in (tmp_path / "warehouse").iterdir():
        assert not any(secret.encode() in file.read_bytes() for secret in secrets), file
    assert not any(secret in done.output for secret in secrets)
    assert not re.search(r"\x1b\[31m", done.output)


@pytest.mark.parametrize("what", ["missing", "file"])
def test_no_such_drop(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAE_WAREHOUSE", str(tmp_path / "build.duckdb"))
    (tmp_path / "file").write_text("x")
    done = CliRunner().invoke(app, ["load", str(tmp_path / what)])
    assert done.exit_code == 1
    assert done.stderr.strip() == f"Error: {tmp_path / what}: there is no such folder."


@pytest.mark.parametrize("command", [["load", "{drop}"], ["status"], ["rollback", "extrapro"]])
def test_a_warehouse_that_is_no_database(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "build.duckdb"
    path.write_bytes(noise(99_999))
    monkeypatch.setenv("IAE_WAREHOUSE", str(path))
    drop = write_fluxiae(tmp_path / "drop")
    done = CliRunner().invoke(app, [word.format(drop=drop) for word in command])
    assert done.exit_code == 1
    assert done.stderr.strip() == f"Error: {path}: is not a DuckDB database that can be opened."
    assert path.read_bytes() == noise(99_999)
