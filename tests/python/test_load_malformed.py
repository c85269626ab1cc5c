"""Whatever is delivered ends in one clear sentence or in quarantined rows: never in a traceback,
never in rows lost in silence, never in another extract than the one before."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import re
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
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
from test_load_formats import EXTRAPRO, contract, extrapro, put, workbook, zipped

SECRET_NAME = "VERYSECRETNAME"
SALT = "a salt of some length"
PASSWORD = "correct horse"


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


def zip_crypto(name: str, password: str) -> bytes:
    """A zip as old programs protect it: Python's pyzipper does not write it, so by hand."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = _crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc(keys[2], keys[1] >> 24)

    def encrypted(byte: int) -> int:
        key = keys[2] | 2
        update(byte)
        return byte ^ ((key * (key ^ 1)) >> 8 & 0xFF)

    for byte in password.encode():
        update(byte)
    plain = zlib.compressobj(wbits=-15)
    packed = plain.compress(b"x|y\n" * 99) + plain.flush()
    checksum = zlib.crc32(b"x|y\n" * 99)
    locked = bytes(encrypted(byte) for byte in [*range(11), checksum >> 24, *packed])
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(name, b"x|y\n" * 99)
    clear = content.getvalue()
    head = bytearray(clear[: 30 + len(name)])
    tail = bytearray(clear[clear.index(b"PK\x01\x02") :])
    for part, flags, size in ((head, 6, 18), (tail, 8, 20)):
        struct.pack_into("<H", part, flags, 1)
        struct.pack_into("<I", part, size, len(locked))
    place = tail.index(b"PK\x05\x06")
    struct.pack_into("<I", tail, place + 16, len(head) + len(locked))
    return bytes(head) + locked + bytes(tail)


def _crc(value: int, byte: int) -> int:
    return (value >> 8) ^ _CRC_TABLE[(value ^ byte) & 0xFF]


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0xEDB88320 if byte & 1 else 0)
    return byte


_CRC_TABLE = [_crc_of(byte) for byte in range(256)]


def deflate64(content: bytes) -> bytes:
    """A zip that says it is packed by Deflate64, as the Explorer of Windows packs large files."""
    changed = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", changed, changed.index(mark) + place, 9)
    return bytes(changed)


def ole(stream: str) -> bytes:
    """The head of a file of an older Office, with the name of one of its streams."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(99)


def sheets_book() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet("Lisez-moi").write(0, 0, "Ce classeur contient les entrées")
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Données!$E$1:$E$2"})
        book.add_chartsheet("Courbe").set_chart(chart)
        hidden = book.add_worksheet("Données")
        hidden.write_row(0, 0, ["Mois", "Région", "Département", "Réseau", "Entrées"])
        hidden.hide()
    return content.getvalue()


def pros(*rows: dict[str, str]) -> str:
    """An Extrapro file with these values in its rows."""
    lines = [";".join(row.get(column, "") for column in EXTRAPRO) for row in rows]
    return "\n".join([";".join(EXTRAPRO), *lines, ""])


def states(rows: list[dict[str, str]]) -> str:
    return fluxiae_text(FLUXIAE["etat_mensuel_indiv"], rows)


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
WHOLE = salarie().encode()
ALL = ("--max-rejected", "1", "--max-fall", "0.5")

GOOD_SIRET = "12345678900011"
GEIQ_LIST = f"Nom,Code Postal,Ville,SIRET\na,1,b,{GOOD_SIRET}\n"
INSTEAD = {
    "a 7-Zip archive": b"7z\xbc\xaf\x27\x1c" + noise(999),
    "a RAR archive": b"Rar!\x1a\x07\x00" + noise(999),
    "an xz archive": lzma.compress(WHOLE),
    "a bzip2 archive": bz2.compress(WHOLE),
    "a zstd archive": b"\x28\xb5\x2f\xfd" + noise(999),
    r"a web page \(HTML\)": b"\n<!DOCTYPE html>\n<html><body>Connexion</body></html>\n",
    "an XML file": b'<?xml version="1.0"?>\n<salaries/>\n',
    "a JSON file": b'{"erreur": 401,\n "message": "x"}\n',
    "a PDF document": b"%PDF-1.7\n" + noise(999),
    r"an image \(PNG\)": b"\x89PNG\r\n\x1a\n" + noise(999),
    "a text in UTF-16": WHOLE.decode().encode("utf-16-le"),
    "made of zeros only": bytes(9_999),
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "a Parquet file": b"PAR1" + noise(999),
}

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
    Case(
        "binary noise",
        flux(salarie=noise(100_000)),
        "is no text, where text in columns is expected",
    ),
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
        "four containers deep",
        archive(zipped({"c.zip": zipped({"b.zip": zipped({"a.csv.gz": gzip.compress(WHOLE)})})})),
        "beyond 3 levels",
    ),
    Case(
        "gzip four times",
        flux(salarie=gzip.compress(gzip.compress(gzip.compress(gzip.compress(WHOLE))))),
        "beyond 3 levels",
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
    Case(
        "wrong password of a ZipCrypto zip",
        archive(zip_crypto("fluxIAE_Salarie_22022022_1.csv", PASSWORD)),
        "IAE_ARCHIVE_PASSWORD does not open it",
        environment={"IAE_ARCHIVE_PASSWORD": "wrong-secret"},
    ),
    Case(
        "zip packed in a way that cannot be read",
        flux(salarie=deflate64(zipped({"a.csv": WHOLE}))),
        "packed or encrypted in a way that cannot be read.*deflate64",
    ),
    # What it is instead
    *(
        Case(f"instead of a table: {what}", flux(salarie=gzip.compress(content)), f"is {what}")
        for what, content in INSTEAD.items()
    ),
    *(
        Case(f"instead of a table: {name}", other(PRO, content), f"is {what},")
        for name, what, content in (
            ("HTML without its head", r"a web page \(HTML\), .*login", b"<table><tr><td>x"),
            ("JSON of one line each", "a JSON file", b'{}\n{"a": 1}\n'),
            ("JSON of numbers", "a JSON file", b"[\n 1,\n 2]"),
            ("an e-mail", "an e-mail", b"From: a\nSubject: b\n\nc"),
            ("a DuckDB database", "a DuckDB database", bytes(8) + b"DUCK" + bytes(4_000)),
            ("UTF-16, big end first", "a text in UTF-16", extrapro().encode("utf-16-be")),
            ("UTF-32 without its mark", "a text in UTF-32", extrapro().encode("utf-32-le")),
            (
                "a book",
                "a document or a program",
                zipped({"mimetype": b"application/epub+zip", "content.opf": b"x"}),
            ),
        )
    ),
    *(
        Case(f"instead of an archive: {what}", archive(content), f"is {what}.*not a .zip")
        for what, content in INSTEAD.items()
        if "archive" in what or "HTML" in what
    ),
    Case(
        "instead of an archive: a part of one",
        archive(b"PK\x07\x08" + zipped(texts())),
        "the first part of a Zip in several parts",
    ),
    Case("UTF-32", other(PRO, extrapro().encode("utf-32")), "is a text in UTF-32"),
    Case(
        "line that says the separator",
        other(PRO, "sep=;\n" + extrapro(contract("1"))),
        landed="select min(_line) = 3 and count(*) = 1 from raw.extrapro__contrats_pro",
    ),
    Case("CSV named as an archive", archive(WHOLE), "is a text, not a .zip"),
    Case("workbook instead of CSV", other(PRO, formula_book()), "is a workbook.*save it as CSV"),
    Case("old workbook instead of CSV", other(PRO, ole("Workbook")), "is an Excel workbook"),
    Case("Word document as a workbook", other(ITI, ole("WordDocument")), "is a Word document"),
    Case("OLE file of no kind", other(ITI, ole("Other")), "older Office, of no known kind"),
    Case(
        "workbook protected by a password",
        other(ITI, ole("EncryptedPackage")),
        "protected by a password, where .* save it without one",
    ),
    Case(
        "HTML table named .xls",
        other("geiq/geiq_2021.xls", "<html><table><tr><td>Nom"),
        r"is a web page \(HTML\)",
    ),
    Case(
        "another table of the source",
        flux(salarie=fluxiae_text(FLUXIAE["structure"], [])),
        "no column salarie_id.*its columns are those of asp_fluxiae, structure",
    ),
    Case(
        "file of another source",
        other("asp_contrats_aides/contrats_aides_20220301.csv", extrapro(contract("1"))),
        "its columns are those of extrapro, contrats_pro",
    ),
    Case(
        "workbook with a readme, a chart and a hidden sheet only",
        other(ITI, sheets_book()),
        "sheet Lisez-moi, line 1; .*sheet Courbe .not of cells.; .*sheet Données .hidden.*"
        "no column mois",
    ),
    # Key columns
    Case(
        "SIRETs ruined by a spreadsheet",
        other(
            PRO,
            pros(
                {"SIRET_EMPLOYEUR": "4,12341E+13"},
                {"SIRET_EMPLOYEUR": GOOD_SIRET},
                {"SIRET_EMPLOYEUR": "1"},
            ),
        ),
        r"column siret_employeur holds a SIRET of 14 digits in 1 of 3 filled rows.*'\d",
    ),
    Case(
        "SIRETs as a data frame and a spreadsheet write them",
        other(
            "geiq/geiq_2021.csv",
            "Nom;Code Postal;Ville;SIRET\n"
            + "".join(
                f"a;59000;b;{siret}\n"
                for siret in (
                    "32112345600012.0",
                    "'32112345600012",
                    '"=""32112345600012"""',
                    "321\u202f123\u00a0456 00012",
                    "321.123.456.00012",
                    "2112345600012,0",
                    "unknown",
                )
            ),
        ),
        landed="select count(*) = 7 from raw.geiq__listes",
    ),
    Case(
        "dates in another form",
        other(PRO, pros(*[{"DATE_DEBUT": f"2022-03-{day}"} for day in (11, 12, 13)])),
        "column date_debut holds a date DD/MM/YYYY in 0 of 3 filled rows.* '2022-03-11'",
    ),
    Case(
        "two dates in another form",
        other(PRO, pros(*[{"DATE_DEBUT": f"2022-03-{day}"} for day in (11, 12)])),
    ),
    Case(
        "hours with a decimal comma",
        flux(
            etat_mensuel_indiv=states(
                [
                    {"emi_nb_heures_travail": hours}
                    for hours in ("7,5", "12,25", "151,67", "7,25", "1,2", "7")
                ]
            )
        ),
        "column emi_nb_heures_travail holds hours .* in 1 of 6",
    ),
    Case(
        "months in words",
        flux(etat_mensuel_indiv=states([{"emi_sme_mois": "février 22"}] * 3)),
        "column emi_sme_mois holds a month from 1 to 12 in 0 of 3",
    ),
    Case(
        "ids wholly empty",
        flux(
            contrat_mission=fluxiae_text(FLUXIAE["contrat_mission"], [{"contrat_id_pph": "1"}] * 10)
        ),
        "column contrat_id_ctr holds an id in 0 of 10 rows only",
    ),
    Case(
        "NIRs masked, and not shown",
        flux(
            salarie=fluxiae_text(
                FLUXIAE["salarie"], [{"salarie_id": "1", "salarie_nir": f"9{NIR}"}] * 1_000
            )
        ),
        "column salarie_nir_hash holds a NIR of 13 or 15 characters in 0 of 1,000 rows only;",
    ),
    Case(
        "ten people with the same placeholder for a NIR",
        flux(
            salarie=fluxiae_text(
                FLUXIAE["salarie"], [{"salarie_id": "1", "salarie_nir": "1000000000000"}] * 10
            )
        ),
        landed="select count(*) = 10 and count(salarie_nir_hash) = 0 from raw.asp_fluxiae__salarie",
    ),
    Case(
        "INSEE codes that are labels",
        other(PRO, pros(*[{"CODE_COMMUNE_INSEE": "Lille"}] * 3)),
        "column code_commune_insee holds .* in 0 of 3 filled rows only, such as a text without",
    ),
    Case(
        "columns shifted: a NIR in place of a date",
        other(PRO, pros(*[{"DATE_DEBUT": NIR, "NIR": ""}] * 3)),
        "column date_debut .* such as a number that looks like a NIR",
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
    Case("line ends of another age", flux(salarie=salarie(end="\r")), "lines end in CR alone"),
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
        "no file for salarie of 2022-02-22 and structure, .* of 2022-02-23",
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
        "dated 2099-02-22",
    ),
    Case(
        "a date long gone",
        lambda drop: write_fluxiae(drop, stamp="22021922_112211"),
        "dated 1922-02-22",
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
            "geiq/geiq_2021'); drop schema raw; --.csv",
            GEIQ_LIST,
        ),
        landed="select count(*) = 1 from raw.geiq__listes where _file like '%drop schema%'",
    ),
    Case(
        "control characters in a file name",
        other(
            "geiq/geiq_2021\x1b[31m[red]\n.csv",
            GEIQ_LIST,
        ),
        landed="select count(*) = 1 from raw.geiq__listes where _file = 'geiq_2021?[31m[red]?.csv'",
    ),
    Case(
        "a file name that is not Unicode",
        other(
            os.fsdecode(b"geiq/geiq_2021\xff.csv"),
            GEIQ_LIST,
        ),
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
    Case("workbook that is text", other(ITI, "Mois;Région\n"), "where a workbook is expected"),
    Case("workbook that is noise", other(ITI, noise(9_999)), "where a workbook is expected"),
    Case(
        "workbook cut",
        other(ITI, formula_book()[:-2_000]),
        "a workbook that cannot be read|damaged or cut",
    ),
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
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[object, ...]]]:
    """A warehouse with one good extract, older than any other of this module; what is in it."""
    folder = tmp_path_factory.mktemp("before")
    drop = write_fluxiae(folder / "drop", stamp="10012022_112211")
    warehouse = Warehouse(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IAE_SALT", SALT)
        warehouse.load(drop)
    return warehouse.path, content_of(warehouse.path)


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
    case: Case,
    tmp_path: Path,
    before: tuple[Path, list[tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded, known = before
    path = tmp_path / "warehouse" / "build.duckdb"
    path.parent.mkdir()
    shutil.copy(loaded, path)
    drop = tmp_path / "drop"
    drop.mkdir()
    case.write(drop)
    monkeypatch.setenv("IAE_WAREHOUSE", str(path))
    monkeypatch.setenv("IAE_SALT", SALT)
    monkeypatch.delenv("IAE_ARCHIVE_PASSWORD", raising=False)
    for name, value in case.environment.items():
        monkeypatch.setenv(name, value)
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
    secrets = [SECRET_NAME, NIR, NIR[:13], PASSWORD, "wrong-secret", SALT]
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
    said = f"Error: {path}: is something else, not a DuckDB database; check IAE_WAREHOUSE."
    assert done.stderr.strip() == said
    assert path.read_bytes() == noise(99_999)
