"""Whatever is delivered ends in one clear sentence or in quarantined rows: never in a traceback,
never in rows lost in silence, never in another extract than the one before."""

from __future__ import annotations

import base64
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
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from iae.loading.sources import SOURCES
from loading import (
    EXTRAPRO,
    FLUXIAE,
    ITI,
    ITI_HEADER,
    NIR,
    PRO,
    SALT,
    Content,
    Warehouse,
    contract,
    error_of,
    extrapro,
    file_name,
    fluxiae_text,
    fluxiae_texts,
    put,
    put_all,
    rows_of,
    run,
    tarred,
    workbook,
    write_fluxiae,
    zipped,
)

SECRET_NAME = "VERYSECRETNAME"
PASSWORD = "correct horse"
ARCHIVE = "asp_fluxiae/fluxIAE_ITOU_22022022_112211.zip"
ENTRY = "fluxIAE_Structure_22022022_1.csv"
# Protected as old programs do, by `zip -P`: a way that pyzipper reads and does not write.
ZIP_CRYPTO = base64.b64decode(
    "UEsDBBQACQAIALJoel0bgdMJFwAAAIwBAAAeAAAAZmx1eElBRV9TYWxhcmllXzIyMDIyMDIyXzEuY3N2xHTs+mi8MARd"
    "L9Nog8h78u/aC8s5VrpQSwcIG4HTCRcAAACMAQAAUEsBAh4DFAAJAAgAsmh6XRuB0wkXAAAAjAEAAB4AAAAAAAAAAQAA"
    "AKSBAAAAAGZsdXhJQUVfU2FsYXJpZV8yMjAyMjAyMl8xLmNzdlBLBQYAAAAAAQABAEwAAABjAAAAAAA="
)


# Salarie in a FluxIAE drop that is else whole, the files of a drop by their names, or what writes
# a drop.
Delivery = Content | Mapping[str, bytes | str] | Callable[[Path], object]


def write(drop: Path, delivery: Delivery) -> None:
    if callable(delivery):
        delivery(drop)
    elif isinstance(delivery, Mapping):
        put_all(drop, delivery)
    else:
        write_fluxiae(drop, {"salarie": delivery})


def flux(**contents: Content | None) -> Callable[[Path], object]:
    """A whole FluxIAE drop but for the tables given."""
    return lambda drop: write_fluxiae(drop, contents)


def salarie(*, nb_rows: int = 3, **options: object) -> str:
    """The text of Salarie, with a name in a column that is not to be landed."""
    table = FLUXIAE["salarie"]
    rows = [{**row, "salarie_nom_usage": SECRET_NAME} for row in rows_of(table, nb_rows)]
    columns = ("salarie_nom_usage", *table.wanted)
    return fluxiae_text(table, rows, columns=columns, **options)  # type: ignore[arg-type]


def edited(change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Salarie (DEB, header, three records, FIN), its lines changed."""
    return b"".join(change(salarie().encode().splitlines(keepends=True)))


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
        hidden.write_row(0, 0, ITI_HEADER)
        hidden.hide()
    return content.getvalue()


def pros(*rows: dict[str, str]) -> str:
    """An Extrapro file with these values in its rows."""
    lines = [";".join(row.get(column, "") for column in EXTRAPRO) for row in rows]
    return "\n".join([";".join(EXTRAPRO), *lines, ""])


def formula_book() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ITI_HEADER)
        sheet.write_row(1, 0, ["2021-01", "Bretagne", "Finistère", "BGE"])
        sheet.write_formula(1, 4, '=HYPERLINK("http://x")', value=7)
        sheet.write_string(2, 0, "=cmd|' /C calc'!A0")
        sheet.write_string(2, 4, "=1+1")
    return content.getvalue()


def salarie_made(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """A whole FluxIAE drop, where something else is in the place of Salarie."""

    def write(drop: Path) -> None:
        folder = write_fluxiae(drop, {"salarie": None}) / "asp_fluxiae"
        make(folder / file_name("salarie"))

    return write


WHOLE = salarie().encode()

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

# What is delivered, and a pattern of the sentence that is shown.
REFUSED: dict[str, tuple[Delivery, str]] = {
    # Containers
    "truncated gzip": (gzip.compress(WHOLE * 9)[:-20], "damaged or cut"),
    "gzip cut in its head": (b"\x1f\x8b\x08", "damaged or cut"),
    "gzip with a wrong checksum": (gzip.compress(WHOLE)[:-8] + bytes(8), "damaged"),
    "gzip, then something else": (gzip.compress(WHOLE) + b"more", "damaged"),
    "gzip of nothing": (b"", "is empty"),
    "file of no byte": ({PRO: b""}, "is empty"),
    "binary noise": (noise(100_000), "is no text, where text in columns is expected"),
    "binary noise without a line end": (bytes(range(11, 256)) * 99_999, "no line ends"),
    "binary noise after a good start": (WHOLE[:-8] + noise(300_000), "records cannot be read"),
    "truncated zip": (zipped({"a.csv": WHOLE})[:-30], "damaged or cut"),
    "zip whose bytes are damaged": (damaged(zipped({"a.csv": WHOLE})), "damaged or cut"),
    "zip of nothing": ({ARCHIVE: zipped({})}, "archive is empty"),
    "zip of two files for one table": (
        {ARCHIVE: zipped({**fluxiae_texts(), "copy/" + next(iter(fluxiae_texts())): b""})},
        "several files for one table",
    ),
    **{
        f"entry with a path: {path}": ({ARCHIVE: zipped({path + ENTRY: b"x"})}, "leads out of")
        for path in ("../", "/etc/", "C:\\")
    },
    **{
        f"{what} in an archive": ({ARCHIVE: archive}, "links are refused")
        for what, archive in (
            ("link", zipped({ENTRY: b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)),
            ("link of a tar", tarred({ENTRY: b""}, tarfile.SYMTYPE, "/etc/passwd")),
            ("hard link", tarred({"a": b""}, tarfile.LNKTYPE, "b")),
            ("device", tarred({"a": b""}, tarfile.CHRTYPE)),
        )
    },
    "tar that climbs out": ({ARCHIVE: tarred({"../a": b""})}, "leads out of it"),
    # Bombs take a while to pack: each when its turn comes.
    "zip bomb": (
        lambda drop: flux(salarie=zipped({"a.csv": bytes(100 << 20)}))(drop),
        "beyond the limits",
    ),
    "gzip bomb": (
        lambda drop: flux(salarie=gzip.compress(WHOLE + bytes(100 << 20)))(drop),
        "beyond the limits",
    ),
    "zip that declares 4 GB": ({ARCHIVE: declared_huge()}, "beyond the limits"),
    "four containers deep": (
        {ARCHIVE: zipped({"c.zip": zipped({"b.zip": zipped({"a.csv.gz": gzip.compress(WHOLE)})})})},
        "beyond 3 levels",
    ),
    "gzip four times": (
        gzip.compress(gzip.compress(gzip.compress(gzip.compress(WHOLE)))),
        "beyond 3 levels",
    ),
    "wrong password": ({ARCHIVE: zipped(fluxiae_texts(), PASSWORD)}, "does not open it"),
    "truncated AES zip": ({ARCHIVE: zipped(fluxiae_texts(), PASSWORD)[:-99]}, "damaged or cut"),
    "wrong password of a ZipCrypto zip": (
        {ARCHIVE: ZIP_CRYPTO},
        "IAE_ARCHIVE_PASSWORD does not open it",
    ),
    "zip packed in a way that cannot be read": (
        deflate64(zipped({"a.csv": WHOLE})),
        "packed or encrypted in a way that cannot be read.*deflate64",
    ),
    # What it is instead
    **{
        f"instead of a table: {what}": (gzip.compress(content), f"is {what}")
        for what, content in INSTEAD.items()
    },
    **{
        f"instead of a table: {name}": ({PRO: content}, f"is {what},")
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
    },
    **{
        f"instead of an archive: {what}": ({ARCHIVE: content}, f"is {what}.*not a .zip")
        for what, content in INSTEAD.items()
        if "archive" in what or "HTML" in what
    },
    "instead of an archive: a part of one": (
        {ARCHIVE: b"PK\x07\x08" + zipped(fluxiae_texts())},
        "the first part of a Zip in several parts",
    ),
    "UTF-32": ({PRO: extrapro().encode("utf-32")}, "is a text in UTF-32"),
    "CSV named as an archive": ({ARCHIVE: WHOLE}, "is a text, not a .zip"),
    "workbook instead of CSV": ({PRO: formula_book()}, "is a workbook.*save it as CSV"),
    "old workbook instead of CSV": ({PRO: ole("Workbook")}, "is an Excel workbook"),
    "Word document as a workbook": ({ITI: ole("WordDocument")}, "is a Word document"),
    "OLE file of no kind": ({ITI: ole("Other")}, "older Office, of no known kind"),
    "workbook protected by a password": (
        {ITI: ole("EncryptedPackage")},
        "protected by a password, where .* save it without one",
    ),
    "HTML table named .xls": (
        {"geiq/geiq_2021.xls": "<html><table><tr><td>Nom"},
        r"is a web page \(HTML\)",
    ),
    "another table of the source": (
        fluxiae_text(FLUXIAE["structure"], []),
        "no column salarie_id.*its columns are those of asp_fluxiae, structure",
    ),
    "file of another source": (
        {"asp_contrats_aides/contrats_aides_20220301.csv": extrapro(contract("1"))},
        "its columns are those of extrapro, contrats_pro",
    ),
    "workbook with a readme, a chart and a hidden sheet only": (
        {ITI: sheets_book()},
        "sheet Lisez-moi, line 1; .*sheet Courbe .not of cells.; .*sheet Données .hidden.*"
        "no column mois",
    ),
    # Key columns
    "SIRETs ruined by a spreadsheet": (
        {
            PRO: pros(
                {"SIRET_EMPLOYEUR": "4,12341E+13"},
                {"SIRET_EMPLOYEUR": GOOD_SIRET},
                {"SIRET_EMPLOYEUR": "1"},
            )
        },
        r"column siret_employeur holds a SIRET of 14 digits in 1 of 3 filled rows.*'\d",
    ),
    "dates in another form": (
        {PRO: pros(*[{"DATE_DEBUT": f"2022-03-{day}"} for day in (11, 12, 13)])},
        "column date_debut holds a date DD/MM/YYYY in 0 of 3 filled rows.* '2022-03-11'",
    ),
    "hours with a decimal comma": (
        flux(
            etat_mensuel_indiv=[
                {"emi_nb_heures_travail": hours}
                for hours in ("7,5", "12,25", "151,67", "7,25", "1,2", "7")
            ]
        ),
        "column emi_nb_heures_travail holds hours .* in 1 of 6",
    ),
    "months in words": (
        flux(etat_mensuel_indiv=[{"emi_sme_mois": "février 22"}] * 3),
        "column emi_sme_mois holds a month from 1 to 12 in 0 of 3",
    ),
    "ids wholly empty": (
        flux(contrat_mission=[{"contrat_id_pph": "1"}] * 10),
        "column contrat_id_ctr holds an id in 0 of 10 rows only",
    ),
    "NIRs masked, and not shown": (
        [{"salarie_id": "1", "salarie_nir": f"9{NIR}"}] * 1_000,
        "column salarie_nir_hash holds a NIR of 13 or 15 characters in 0 of 1,000 rows only;",
    ),
    "INSEE codes that are labels": (
        {PRO: pros(*[{"CODE_COMMUNE_INSEE": "Lille"}] * 3)},
        "column code_commune_insee holds .* in 0 of 3 filled rows only, such as a text without",
    ),
    "columns shifted: a NIR in place of a date": (
        {PRO: pros(*[{"DATE_DEBUT": NIR, "NIR": ""}] * 3)},
        "column date_debut .* such as a number that looks like a NIR",
    ),
    # Envelope and header
    "FIN announces more": (salarie(fin=4), "FIN announces 4 records and 3"),
    "FIN announces fewer": (salarie(fin=2), "FIN announces 2 records and 3"),
    "FIN announces far too many": (salarie(fin=10**30), "FIN announces"),
    "file cut, FIN lost, compared": (edited(lambda lines: lines[:2]), "salarie, rows: 3 to 0"),
    "last record cut, by default": (
        WHOLE[: WHOLE.rindex(b"2|18505")],
        "1 of 3 records cannot be read, the first at line 5",
    ),
    "two files in one": (WHOLE + WHOLE, "FIN announces 3 records and 9"),
    "DEB without a date": (salarie(deb="99999999_112211"), "bears no date"),
    "DEB alone": (edited(lambda lines: lines[:1]), "without a header"),
    "header alone": (salarie(nb_rows=0), "salarie, rows: 3 to 0"),
    "no header": (edited(lambda lines: [lines[0], *lines[2:]]), "no column salarie_id"),
    "missing column": (salarie().replace("salarie_nir", "salarie_nni"), "no column salarie_nir"),
    "missing column of Structure": (
        flux(structure="structure_id_siae|x\n1|2\n"),
        "no column structure_siret_signature",
    ),
    "column twice": (
        salarie().replace("salarie_nom_usage", "salarie_id"),
        "column salarie_id more than once",
    ),
    "wrong separator": (salarie().replace("|", ";"), "no column salarie_id"),
    "UTF-16": (salarie().encode("utf-16"), "UTF-16"),
    "line ends of another age": (salarie(end="\r"), "lines end in CR alone"),
    # Records
    "wrong separator in the records": (
        edited(lambda lines: [*lines[:2], *(line.replace(b"|", b";") for line in lines[2:5])]),
        "records cannot be read",
    ),
    "too many, by default": (
        WHOLE.replace(b"salarie_id 1", b"|"),
        r"1 of 3 .* line 4 \(too many columns\)",
    ),
    # Names and dates
    "missing file": (flux(salarie=None), "no file for salarie.*fluxIAE_Salarie_DDMMYYYY"),
    "a folder in place of a file": (salarie_made(Path.mkdir), "no file for salarie"),
    "a link to nowhere": (
        salarie_made(lambda path: path.symlink_to("nowhere")),
        "no file for salarie",
    ),
    "two files for one table": (
        lambda drop: (write_fluxiae(drop), write_fluxiae(drop, stamp="22022022_120000")),
        "several files for one table",
    ),
    "a date long gone": (
        lambda drop: write_fluxiae(drop, stamp="22021922_112211"),
        "dated 1922-02-22",
    ),
    "no such day in a name": (
        {"extrapro/contrats_pro_20220230.csv": extrapro(contract("1"))},
        "no date in the file names",
    ),
    # The other formats
    "delimited: wrong separator": (
        {PRO: extrapro(contract("1")).replace(";", ",")},
        "no column num_contrat",
    ),
    "delimited: missing column": (
        {PRO: extrapro(contract("1")).replace("NIR", "NNI")},
        "no column nir",
    ),
    "delimited: only bad rows": ({PRO: extrapro("1;2", "3;4")}, "2 of 2 records cannot be read"),
    "delimited: SQL as a separator": (
        {"geiq/geiq_2021.csv": "Nom';Code Postal';Ville';SIRET'\n"},
        "no column nom",
    ),
    "workbook that is text": ({ITI: "Mois;Région\n"}, "where a workbook is expected"),
    "workbook that is noise": ({ITI: noise(9_999)}, "where a workbook is expected"),
    "workbook cut": (
        {ITI: formula_book()[:-2_000]},
        "a workbook that cannot be read|damaged or cut",
    ),
    "workbook that is empty": ({ITI: b""}, "is empty"),
    "workbook without a header": (
        {ITI: workbook([["Titre"], [1, 2, 3]])},
        "no column mois, region",
    ),
    "workbook without a cell": ({ITI: workbook([])}, "no column mois, region"),
    "workbook bomb": (
        lambda drop: put(
            drop,
            ITI,
            zipped({"[Content_Types].xml": b"", "xl/worksheets/sheet1.xml": bytes(80 << 20)}),
        ),
        "beyond the limits",
    ),
    "edition with a file missing": (
        {
            "barometre/2022-03-15/barometre-resultats-detail-national.csv": ",".join(
                SOURCES["barometre"].tables[0].columns
            )
        },
        "no file for regional",
    ),
    "edition that is no date": (
        {"barometre/2022-03-55/barometre-resultats-detail-national.csv": b"x"},
        "no file for|no date",
    ),
    "nothing recognisable": ({"photos/holiday.txt": b"x"}, "nothing here is recognised"),
}
# What is delivered, the rows that are rejected, and what is true of those that land.
TAKEN: dict[str, tuple[Delivery, list[tuple[int, str]], str]] = {
    "line that says the separator": (
        {PRO: "sep=;\n" + extrapro(contract("1"))},
        [],
        "select min(_line) = 3 and count(*) = 1 from raw.extrapro__contrats_pro",
    ),
    "two dates in another form": (
        {PRO: pros(*[{"DATE_DEBUT": f"2022-03-{day}"} for day in (11, 12)])},
        [],
        "",
    ),
    "ten people with the same placeholder for a NIR": (
        [{"salarie_id": "1", "salarie_nir": "1000000000000"}] * 10,
        [],
        "select count(*) = 10 and count(salarie_nir_hash) = 0 from raw.asp_fluxiae__salarie",
    ),
    "last record cut": (WHOLE[: WHOLE.rindex(b"2|18505")], [(5, "too few columns")], ""),
    "too few columns": (WHOLE.replace(b"|salarie_id 1", b""), [(4, "too few columns")], ""),
    # Cut at different places on its way, never landed without its middle.
    **{
        f"line of {nb_megabytes} MB": (
            WHOLE.replace(b"salarie_id 1", noise(nb_megabytes << 19).hex().encode()),
            [(4, "record longer than 1 MB")],
            "",
        )
        for nb_megabytes in (3, 5, 7, 18)
    },
    "SQL as a value": (
        WHOLE.replace(b"salarie_id 1", b"'); drop schema raw cascade; --"),
        [],
        "select bool_or(salarie_id like '%drop schema%') from raw.asp_fluxiae__salarie",
    ),
    "SQL as a column": (
        WHOLE.replace(b"salarie_nom_usage", b"x', 'y'); drop schema raw; --"),
        [],
        "",
    ),
    "negative hours, dates far away": (
        flux(
            etat_mensuel_indiv=[{"emi_nb_heures_travail": "-5", "emi_date_creation": "31/02/9999"}]
            * 3
        ),
        [],
        "select count(*) = 3 from raw.asp_fluxiae__etat_mensuel_indiv "
        "where emi_nb_heures_travail = '-5' and emi_date_creation = '31/02/9999'",
    ),
    "SQL in the name of an entry": (
        {PRO: zipped({"l'extrait.csv": extrapro(contract("1")).encode()})},
        [],
        "select _file = 'contrats_pro_20220301.csv > l''extrait.csv' and _line = 2"
        " from raw.extrapro__contrats_pro",
    ),
    "SQL in a file name": (
        {"geiq/geiq_2021'); drop schema raw; --.csv": GEIQ_LIST},
        [],
        "select count(*) = 1 from raw.geiq__listes where _file like '%drop schema%'",
    ),
    "control characters in a file name": (
        {"geiq/geiq_2021\x1b[31m[red]\n.csv": GEIQ_LIST},
        [],
        "select count(*) = 1 from raw.geiq__listes where _file = 'geiq_2021?[31m[red]?.csv'",
    ),
    "a file name that is not Unicode": (
        {os.fsdecode(b"geiq/geiq_2021\xff.csv"): GEIQ_LIST},
        [],
        "select count(*) = 1 from raw.geiq__listes",
    ),
    "delimited: header alone": ({PRO: extrapro()}, [], ""),
    "formula cells": (
        {ITI: formula_book()},
        [],
        "select list(entrees order by _line) = ['7', '=1+1'] from raw.bpifrance_iti__iti_entrees",
    ),
}


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


CASES = {name: (delivery, said, [], "") for name, (delivery, said) in REFUSED.items()}
CASES |= {name: (delivery, "", *taken) for name, (delivery, *taken) in TAKEN.items()}


@pytest.mark.parametrize(("delivery", "said", "rejected", "is_so"), CASES.values(), ids=CASES)
def test_malformed(
    delivery: Delivery,
    said: str,
    rejected: list[tuple[int, str]],
    is_so: str,
    tmp_path: Path,
    warehouse: Warehouse,
    before: tuple[Path, list[tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded, known = before
    path = warehouse.path
    path.parent.mkdir()
    shutil.copy(loaded, path)
    drop = tmp_path / "drop"
    drop.mkdir()
    write(drop, delivery)
    monkeypatch.setenv("IAE_ARCHIVE_PASSWORD", "wrong-secret")
    any_number = ["--max-rejected", "1", "--max-fall", "0.5"] if rejected else []
    done = run("load", drop, *any_number, code=1 if said else 0)
    if said:
        [sentence] = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert re.search(said, sentence), sentence
        assert content_of(path) == known
    else:
        with duckdb.connect(str(path), read_only=True) as connection:
            found = connection.execute("select line, reason from raw.rejected_rows").fetchall()
            logged = connection.execute(
                "select table_name, nb_records, nb_rows, nb_rejected from raw.extract_files"
                " where load_id = (select max(load_id) from raw.extracts)"
            ).fetchall()
            assert all(records == rows + left for _, records, rows, left in logged)
            assert not is_so or connection.execute(is_so).fetchone() == (True,)
        assert found == rejected
    secrets = [SECRET_NAME, NIR, NIR[:13], PASSWORD, "wrong-secret", SALT]
    for file in (tmp_path / "warehouse").iterdir():
        assert not any(secret.encode() in file.read_bytes() for secret in secrets), file
    assert not any(secret in done.output for secret in secrets)
    assert not re.search(r"\x1b\[31m", done.output)


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("what", ["missing", "file"])
def test_no_such_drop(what: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert error_of("load", tmp_path / what) == (
        f"Error: {tmp_path / what}: there is no such folder."
    )
