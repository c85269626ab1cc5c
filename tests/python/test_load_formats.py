"""Delimited text, workbooks, containers: the other sources, loaded from files as delivered."""

from __future__ import annotations

import datetime as dt
import gzip
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from conftest import REAL_DATA
from loading import (
    CONTRATS_AIDES,
    ITI,
    ITI_HEADER,
    NIR,
    PRO,
    Warehouse,
    below,
    contract,
    edition,
    extrapro,
    workbook,
    workbook_of,
    write_fluxiae,
    zipped,
)


def contracts(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.query(
        "select num_contrat, raison_sociale, _line from raw.extrapro__contrats_pro order by _line"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_extrapro_in_both_encodings(warehouse: Warehouse, encoding: str, end: str) -> None:
    text = extrapro(
        contract("1", "Bâtiment Œuvre"),
        contract("2", '"Béton; ""brut"""'),
        contract("3", '"deux\nlignes"'),
        contract("4", 'le "rond" point'),
        contract("5", '"'),
        end=end,
    )
    [outcome] = warehouse.load_files({PRO: text.encode(encoding)})
    assert outcome.date == dt.date(2022, 3, 1)
    assert contracts(warehouse) == [
        ("1", "Bâtiment Œuvre", 2),
        ("2", 'Béton; "brut"', 3),
        ("3", "deux\nlignes", 4),
        ("4", 'le "rond" point', 6),
        ("5", '"', 7),
    ]


def test_a_wholly_quoted_file(warehouse: Warehouse) -> None:
    lines = [
        ";".join(f'"{value}"' for value in line.split(";"))
        for line in extrapro(contract("1", "a"), contract("2", "b")).splitlines()
    ]
    warehouse.load_files({PRO: "\n".join(lines).encode()})
    assert contracts(warehouse) == [("1", "a", 2), ("2", "b", 3)]


def test_delimited_rows_that_do_not_fit(warehouse: Warehouse) -> None:
    text = extrapro(
        contract("1", "é"),
        "2;short",
        contract("3", '"never closed'),
        contract("4") + ";too;long",
        contract("5"),
    ).encode()
    text += contract("6", "?").encode().replace(b"?", b"\xe9") + b"\n"
    text += contract("7", "?").encode().replace(b"?", b"\x00") + b"\n"
    text += contract("8", "à\n").encode()
    warehouse.load_files({PRO: text}, max_rejected=1)
    assert [(row[0], row[2]) for row in contracts(warehouse)] == [("1", 2), ("3", 4), ("5", 6)]
    assert warehouse.query(
        "select line, reason, raw_text from raw.rejected_rows order by line"
    ) == [
        (3, "too few columns", None),
        (5, "too many columns", None),
        (7, "invalid bytes", None),
        (8, "invalid bytes", None),
        (9, "too few columns", None),
        (10, "too few columns", None),
    ]


def test_contrats_aides(warehouse: Warehouse) -> None:
    values = {
        "num_convention": "059PEC",
        "code_departement": "059",
        "date_embauche": "01/02/2022",
        "nir": "1 85 05 75 120 005",
    }
    record = ";".join(values.get(name, "") for name in reversed(CONTRATS_AIDES))
    text = ";".join(reversed(CONTRATS_AIDES)) + "\r\n" + record + "\r\n"
    content = gzip.compress(text.encode("utf-8-sig"))
    warehouse.load_files({"asp_contrats_aides/contrats_aides_20220301.csv": content})
    [row] = warehouse.query("from raw.asp_contrats_aides__contrats_aides")
    hashed = sha256(b"salt and pepper, black1850575120005").hexdigest()
    expected = [values.get(name) for name in CONTRATS_AIDES[:-1]]
    assert row == (*expected, hashed, 1, dt.date(2022, 3, 1), "contrats_aides_20220301.csv", 2)


# What is written, and the 13 characters that are hashed, or None.
NIRS: dict[str, tuple[str, str | None]] = {
    "13 characters": ("1850575120005", "1850575120005"),
    "15, whatever the key": ("185057512000542", "1850575120005"),
    "spaces": (" 1 85 05 75 120 005 42", "1850575120005"),
    "Corsica, lower case": ("285052a120005", "285052A120005"),
    "Haute-Corse": ("285052B120005", "285052B120005"),
    "temporary number": ("7850575120005", "7850575120005"),
    "empty": ("", None),
    "5 is no first digit": ("5850575120005", None),
    "12 characters": ("185057512000", None),
    "14 characters": ("18505751200054", None),
    "2C is no department": ("285052C120005", None),
    "a letter": ("1850575120A05", None),
    "one digit repeated": ("1111111111111", None),
    "one digit repeated, with a key": ("222222222222299", None),
    "order number 000": ("1000000000000", None),
    "order number 000, with a key": ("185057512000042", None),
    "order number 100": ("1850575120100", "1850575120100"),
    "a leading quote": ("'185057512000542", "1850575120005"),
    "as a number": ("185057512000542.0", "1850575120005"),
    "as a number, with a comma": ("1850575120005,0", "1850575120005"),
    "as a formula": ('"=""185057512000542"""', "1850575120005"),
    "spaces of kinds": ("1\u202f85\u00a005\u200975 120\u3000005", "1850575120005"),
    "a letter in the key": ("18505751200054A", None),
}


def test_which_nir_is_usable(warehouse: Warehouse) -> None:
    records = [contract(case, nir=nir) for case, (nir, _) in NIRS.items()]
    warehouse.load_files({PRO: extrapro(*records).encode()})
    found = dict(warehouse.query("select num_contrat, nir_hash from raw.extrapro__contrats_pro"))
    assert found == {
        case: sha256(f"salt and pepper, black{hashed}".encode()).hexdigest() if hashed else None
        for case, (_, hashed) in NIRS.items()
    }


def test_iti_workbook(warehouse: Warehouse) -> None:
    """The cells of a total, in the first or the second column, do not fill down."""
    rows: list[list[object]] = [
        ["Entrées dans le programme ITI"],
        [],
        ["Mois", "Région", " Département", "Réseau", "Entrées"],
        [dt.date(2021, 1, 1), "Bretagne", "Finistère", "BGE", 12],
        [None, None, "Morbihan", "BGE", 3.0],
        [None, "Total Bretagne", None, None, 15],
        [None, None, "Finistère", "Adie", 2],
        [None, None, None, None, None],
        [None, "Corse", "2A", "Adie", "1 204"],
        ["Sous-total", None, None, None, 1206],
        [None, None, "2B", "Adie", 6],
        ["févr.-21", "Bretagne", "Finistère", "BGE", 1.5],
        [None, None, None, None, 4],
        ["Mois ", "REGION", "Département", "Réseau", "Entrées"],
        [None, None, "Morbihan", "BGE", 5],
        ["Source : BPI France"],
    ]
    warehouse.load_files({ITI: workbook(rows)})
    assert warehouse.query(
        "select mois, region, departement, reseau, entrees, _line "
        "from raw.bpifrance_iti__iti_entrees order by _line"
    ) == [
        ("2021-01-01", "Bretagne", "Finistère", "BGE", "12", 4),
        ("2021-01-01", "Bretagne", "Morbihan", "BGE", "3", 5),
        ("2021-01-01", "Total Bretagne", None, None, "15", 6),
        ("2021-01-01", "Bretagne", "Finistère", "Adie", "2", 7),
        ("2021-01-01", "Corse", "2A", "Adie", "1 204", 9),
        ("Sous-total", "Corse", None, None, "1206", 10),
        ("2021-01-01", "Corse", "2B", "Adie", "6", 11),
        ("févr.-21", "Bretagne", "Finistère", "BGE", "1.5", 12),
        ("févr.-21", "Bretagne", None, None, "4", 13),
        ("févr.-21", "Bretagne", "Morbihan", "BGE", "5", 15),
    ]


def test_every_visible_sheet_with_the_header_is_read(warehouse: Warehouse) -> None:
    """In the order of the sheets; columns by name in each; nothing fills down from one to another.

    Lines are counted on and on, through the sheets that are read.
    """
    sheets: dict[str, list[list[object]]] = {
        "Lisez-moi": [["Entrées par mois"]],
        "2021": [["Entrées"], ITI_HEADER, ["2021-12", "Bretagne", "Finistère", "BGE", 1]],
        "Calculs": [ITI_HEADER, ["2021-11", "Bretagne", "Finistère", "BGE", 99]],
        "2022": [
            ["Entrées", "Réseau", "Note", "Mois", "Région", "Département"],
            [2, "BGE", "x", None, None, "Morbihan"],
            [3, "BGE", None, "janv.-22", "Bretagne", "Morbihan"],
        ],
    }
    [outcome] = warehouse.load_files({ITI: workbook_of(sheets)})
    assert warehouse.query(
        "select mois, region, departement, reseau, entrees, _line "
        "from raw.bpifrance_iti__iti_entrees order by _line"
    ) == [
        ("2021-12", "Bretagne", "Finistère", "BGE", "1", 3),
        (None, None, "Morbihan", "BGE", "2", 5),
        ("janv.-22", "Bretagne", "Morbihan", "BGE", "3", 6),
    ]
    assert outcome.files[0].left_alone == [
        "iti_entrees_20220301.xlsx, sheet Calculs (hidden)",
        "iti_entrees_20220301.xlsx, sheet Lisez-moi (no such header)",
    ]


GEIQ_HEADER = ["Nom", "Rue", "Rue (suite)", "Code Postal", "Ville", "SIRET", "e-mail"]


@pytest.mark.parametrize(
    "pack",
    [lambda book: book, gzip.compress, lambda book: zipped({"liste.xlsx": book})],
    ids=["none", "gzip", "zip"],
)
def test_geiq_lists_as_workbook_and_text(
    warehouse: Warehouse, pack: Callable[[bytes], bytes]
) -> None:
    book = workbook(
        [GEIQ_HEADER, ["Geiq BTP", "1 rue", None, 1000.0, "Bourg", 1234567890123.0, "m"]]
    )
    text = (
        ",".join(GEIQ_HEADER) + '\n"Geiq, Sud",x,y,13001,Marseille,12345678901234,m@x.fr\n,,,,,,\n'
    )
    warehouse.load_files({"geiq/geiq_2021.xlsx": pack(book), "geiq/geiq_2022.csv": text.encode()})
    assert warehouse.query(
        "select nom, code_postal, ville, siret, _extract_date from raw.geiq__listes order by all"
    ) == [
        ("Geiq BTP", "1000", "Bourg", "1234567890123", dt.date(2021, 1, 1)),
        ("Geiq, Sud", "13001", "Marseille", "12345678901234", dt.date(2022, 1, 1)),
        (None, None, None, None, dt.date(2022, 1, 1)),
    ]


def test_a_system_without_memory_files_lands_the_same(
    tmp_path: Path, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quoted and unquoted text, a workbook, a NIR; what is rejected too."""
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("iae.loading.blocks.PARAMETER_BYTES", 64)
    quoted = [contract(f"{rank}", '"Béton; ""brut""\n2"') for rank in range(50)]
    plain = [contract(f"{rank}", "é") for rank in range(50, 100)]
    text = extrapro(*quoted, *plain, "short;row").encode()
    book = workbook([GEIQ_HEADER, ["a|b", "", "", "59000", "\x02", "12345678900011", ""]])
    write_fluxiae(tmp_path / "drop", {"structure": []})
    warehouse.load_files({PRO: text, "geiq/geiq_2021.xlsx": book}, max_rejected=0.1)
    hashed = sha256(f"salt and pepper, black{NIR[:13]}".encode()).hexdigest()
    assert warehouse.query(
        "select num_contrat, raison_sociale, nir_hash, idcc, _line "
        "from raw.extrapro__contrats_pro order by _line"
    ) == [
        *((f"{rank}", 'Béton; "brut"\n2', hashed, None, 2 + 2 * rank) for rank in range(50)),
        *((f"{rank}", "é", hashed, None, 52 + rank) for rank in range(50, 100)),
    ]
    assert warehouse.query("select nom, ville, siret from raw.geiq__listes") == [
        ("a|b", "\x02", "12345678900011")
    ]
    assert warehouse.query("select line, reason from raw.rejected_rows") == [
        (152, "too few columns")
    ]
    assert warehouse.query("select count(*) from raw.asp_fluxiae__salarie") == [(3,)]


def test_real_editions_of_the_barometre(warehouse: Warehouse) -> None:
    outcomes = warehouse.load(REAL_DATA)
    editions = ("2021-05-07", "2021-07-23", "2021-12-21", "2022-01-13", "2022-03-15", "2023-01-18")
    assert [(outcome.source, f"{outcome.date}") for outcome in outcomes] == [
        ("barometre", edition) for edition in editions
    ]
    assert warehouse.query(
        "select count(*), min(_line), max(_line) from raw.barometre__departemental "
        "where _extract_date = '2023-01-18'"
    ) == [(69 * 101, 2, 69 * 101 + 1)]
    assert warehouse.query(
        "select valeur from raw.barometre__national "
        "where _extract_date = '2023-01-18' and date in ('2020-04-30', '2022-06-30') order by date"
    ) == [("85361.0",), ("152922.0",)]


def test_other_indicators_of_the_barometre_land_too(warehouse: Warehouse) -> None:
    indicators = ["other", "nb-beneficiaires-siae", "nb-beneficiaires-siae-2"]
    warehouse.load_files(below("barometre/2022-03-15", edition(indicators)))
    assert warehouse.query(
        "select id_indicateur, mesure, _line from raw.barometre__national order by _line"
    ) == [(indicator, "a,\nb", 2 + 2 * rank) for rank, indicator in enumerate(indicators)]
