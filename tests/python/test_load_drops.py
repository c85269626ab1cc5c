"""Where the files of a drop are found, and how they are told apart into extracts."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from iae.errors import IaeError
from iae.loading.drops import look_into
from loading import (
    CONTRATS_AIDES,
    FLUXIAE,
    ITI_HEADER,
    Warehouse,
    below,
    contract,
    edition,
    error_of,
    extrapro,
    fluxiae_text,
    fluxiae_texts,
    put,
    put_all,
    tarred,
    workbook,
    write_fluxiae,
    zipped,
)

ITI_BOOK = workbook([ITI_HEADER, ["2021-01", "Bretagne", "Finistère", "BGE", 12]])
EDITION = edition(["nb-beneficiaires-siae"])
GEIQ_LIST = b"Nom;Code Postal;Ville;SIRET\na;59000;b;12345678900011\n"
CONTRACTS = extrapro(contract("1")).encode()
AIDES = (";".join(CONTRATS_AIDES) + "\n").encode()


# No DEB row, for the names to say.
texts = partial(fluxiae_texts, deb=None)
DATED = texts("22022022_112211")
NEXT = texts("01032022_112211")
GZIPPED = {f"{name}.gz": gzip.compress(text) for name, text in DATED.items()}
AES_ZIPPED = {f"{name}.zip": zipped({name: text}, "secret") for name, text in DATED.items()}


# By what is found: the files of each case.
PLACES: dict[str, dict[str, dict[str, bytes]]] = {
    "asp_fluxiae 2022-02-22": {
        "one folder down": below("asp_fluxiae/unpacked", DATED),
        "two folders down": below("asp_fluxiae/a/b", DATED),
        "one extract in two archives": {
            "asp_fluxiae/1.zip": zipped(dict([*DATED.items()][:2])),
            "asp_fluxiae/2.zip": zipped(dict([*DATED.items()][2:])),
        },
        "a zip a table, with a notice": {
            f"asp_fluxiae/{name}.zip": zipped({name: content, "notice.txt": b"x"})
            for name, content in DATED.items()
        },
        "a zip whose names have backslashes": {
            "asp_fluxiae/a.zip": zipped({f"week\\{n}": text for n, text in DATED.items()})
        },
        "zips in a tar.gz": {
            "asp_fluxiae/a.tgz": tarred({f"{n}.zip": zipped({n: t}) for n, t in DATED.items()})
        },
        "gzips in a tar.gz": {"asp_fluxiae/a.tgz": tarred(GZIPPED)},
        "gzips in a zip": {"asp_fluxiae/a.zip": zipped(GZIPPED)},
        "AES zips": below("asp_fluxiae", AES_ZIPPED),
        "AES zips in a zip": {"asp_fluxiae/a.zip": zipped(AES_ZIPPED)},
        "zips named .csv.gz": {
            f"asp_fluxiae/{n}.gz": zipped({"export.csv": t}) for n, t in DATED.items()
        },
        "the drop unpacked": below("drop/asp_fluxiae", DATED),
        "an archive and no folder": {"a.tar.gz": zipped(DATED)},
        "the files and no folder": DATED,
    },
    "asp_fluxiae 2022-02-22, asp_fluxiae 2022-03-01": {
        "a folder per extract": below("asp_fluxiae/a", DATED) | below("asp_fluxiae/b", NEXT),
        "loose files of two dates": below("asp_fluxiae", NEXT | DATED),
        "two archives side by side": {
            "asp_fluxiae/b.zip": zipped(DATED),
            "asp_fluxiae/a.tar.gz": tarred(NEXT),
        },
        "two extracts in one archive": {"asp_fluxiae/a.zip": zipped(DATED | NEXT)},
        "archives in an archive": {
            "asp_fluxiae/a.zip": zipped({"1.zip": zipped(DATED), "2.zip": zipped(NEXT)})
        },
    },
    "asp_fluxiae 2022-02-22, asp_fluxiae 2022-02-22": {
        "two archives of one date": {
            "asp_fluxiae/1.zip": zipped(DATED),
            "asp_fluxiae/2.zip": zipped(texts(nb_rows=4)),
        }
    },
    "bpifrance_iti 2022-03-01": {
        "a workbook in a zip of its name": {
            "bpifrance_iti/iti_entrees_20220301.zip": zipped({"x.xlsx": ITI_BOOK})
        },
        "a workbook in a tar.gz": {
            "bpifrance_iti/a.tar.gz": tarred({"iti_entrees_20220301.xlsx": ITI_BOOK})
        },
        "a workbook in a tar.gz in a zip": {
            "bpifrance_iti/a.zip": zipped(
                {"b.tar.gz": tarred({"iti_entrees_20220301.xlsx": ITI_BOOK})}
            )
        },
    },
    "extrapro 2022-03-01": {
        "other case, and a space": {"EXTRAPRO /contrats_pro_20220301.csv": CONTRACTS},
        "the folder that a path not read as one makes": {
            "extrapro/~/contrats_pro_20220301.csv": CONTRACTS
        },
        "other case of the file, one folder down, date with hyphens": {
            "ExtraPro/mars/CONTRATS_PRO_2022-03-01.CSV": CONTRACTS
        },
        "the date is the folder's": {"extrapro/2022-03-01/contrats_pro.csv": CONTRACTS},
    },
    "asp_contrats_aides 2022-03-01": {
        "accents, spaces and hyphens": {
            "Contrats": b"x",
            "ASP contrats-aidés/contrats_aides_20220301.csv": AIDES,
        }
    },
    "geiq 2021-01-01, geiq 2022-01-01": {
        "lists in folders of their years": {
            "geiq/2021/geiq_2021.csv": GEIQ_LIST,
            "geiq/2022/geiq_2022.txt": GEIQ_LIST,
        }
    },
    "barometre 2022-03-15": {
        "an edition": below("barometre/2022-03-15", EDITION),
        "an edition two folders down": below("Barometre/editions/2022-03-15", EDITION),
        "an edition straight in the folder, dated in the names": {
            f"barometre/{name.removesuffix('.csv')}-20220315.csv": content
            for name, content in EDITION.items()
        },
        "an edition in an archive of its date": {"barometre/2022-03-15.zip": zipped(EDITION)},
    },
    "extrapro 2022-03-01, geiq 2022-01-01": {
        "a file beside the folders": {
            "contrats_pro_20220301.csv": CONTRACTS,
            "geiq/geiq_2022.csv": GEIQ_LIST,
        }
    },
}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param(files, found, id=name)
        for found, cases in PLACES.items()
        for name, files in cases.items()
    ],
)
def test_files_are_found_where_people_put_them(
    files: dict[str, bytes], found: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole: a file of FluxIAE that is not read to its end lacks records that its end announces."""
    monkeypatch.setenv("IAE_ARCHIVE_PASSWORD", "secret")
    outcomes = warehouse.load_files(files)
    assert ", ".join(f"{outcome.source} {outcome.date}" for outcome in outcomes) == found
    assert {outcome.note for outcome in outcomes} == {"loaded"}


def without(name: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {key: content for key, content in files.items() if name not in key}


FAULTS: dict[str, tuple[dict[str, bytes], str]] = {
    "an empty folder": (
        {"extrapro/.keep": b""},
        "extrapro: no file for contrats_pro in .*/extrapro, which holds nothing; expected a "
        "name such as contrats_pro_<YYYYMMDD>.csv",
    ),
    "a file named as a source": (
        {"extrapro": CONTRACTS, "geiq/geiq_2022.csv": GEIQ_LIST},
        "extrapro: .*/drop/extrapro is a file, where a folder is expected",
    ),
    "other files only": (
        {"extrapro/notes.csv": b"x", "extrapro/x/y.pdf": b"x"},
        "which holds notes.csv, x/y.pdf; expected a name such as contrats_pro_",
    ),
    **{
        f"ending {ending}": (
            {f"extrapro/contrats_pro_20220301.csv{ending}": CONTRACTS},
            rf"the ending of contrats_pro_20220301.csv{re.escape(ending)} is none of .csv .txt",
        )
        for ending in (
            *(".crdownload", ".part", ".filepart", ".tmp", ".download", ".opdownload"),
            *("~", ".bak", ".old", "_", ".aria2", ".csv1", " (1)"),
        )
    },
    "an archive that is not there whole": (
        {"asp_fluxiae/fluxIAE_01032022_112211.tar.gz.part": zipped(NEXT)},
        r"the ending of fluxIAE_01032022_112211.tar.gz.part is none of .csv .txt",
    ),
    "no date at all": (
        {"extrapro/contrats_pro.csv": CONTRACTS},
        r"extrapro: no date in the file names .contrats_pro.csv.; expected a name such as",
    ),
    "an edition without a date": (
        below("barometre", EDITION),
        "barometre: no date in the file names .*; expected a name such as <YYYY-MM-DD>/",
    ),
    "an edition without the indicator": (
        below("barometre/2022-03-15", edition(["renamed"])),
        "column id_indicateur holds nb-beneficiaires-siae in 0 of",
    ),
    "the second of two dates incomplete": (
        below("asp_fluxiae", DATED | without("Salarie", NEXT)),
        "no file for salarie of 2022-03-01 in .*; expected a name such as fluxIAE_Salarie_",
    ),
    "two archives, each incomplete": (
        {
            "asp_fluxiae/1.zip": zipped(without("Structure", DATED)),
            "asp_fluxiae/2.zip": zipped(without("Salarie", NEXT)),
        },
        "no file for structure of 2022-02-22 and salarie of 2022-03-01 in",
    ),
    "the second of two archives damaged": (
        {"asp_fluxiae/1.zip": zipped(DATED), "asp_fluxiae/2.zip": zipped(NEXT)[:-40]},
        "asp_fluxiae: 2.zip: cannot be read to its end, it is damaged",
    ),
    "a password that is not given": (
        {"asp_fluxiae/a.zip": zipped(DATED, "secret")},
        "a.zip: the archive is protected by a password; set IAE_ARCHIVE_PASSWORD",
    ),
    "a file beside the folders, unreadable": (
        {"contrats_pro_20220301.csv": b"x", "geiq/geiq_2022.csv": GEIQ_LIST},
        "contrats_pro_20220301.csv, line 1: the header has no column",
    ),
}


@pytest.mark.parametrize(("files", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_source_that_is_named_and_yields_nothing_is_a_fault(
    files: dict[str, bytes], fault: str, tmp_path: Path, warehouse: Warehouse
) -> None:
    drop = put_all(tmp_path / "drop", files)
    sentence = error_of("load", drop)
    assert re.search(fault, sentence), sentence


@pytest.mark.parametrize("folder", ["extrapro", "extrapro/mars"])
def test_a_folder_that_may_not_be_read(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root every folder may be read, so the system's answer is given in its place."""
    drop = put_all(tmp_path / "drop", {f"{folder}/contrats_pro_20220301.csv": CONTRACTS})
    locked = drop / folder
    iterdir: Callable[[Path], object] = Path.iterdir

    def refuse(path: Path) -> object:
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    [fault] = look_into([drop]).faults
    assert str(fault) == (
        f"extrapro: {locked}: no permission to read this folder; change its mode or its owner."
    )


@pytest.mark.parametrize("target", ["nowhere", "extrapro"], ids=["nowhere", "itself"])
def test_a_source_that_is_a_link_to_nothing(tmp_path: Path, target: str) -> None:
    drop = put_all(tmp_path / "drop", {"geiq/geiq_2022.csv": GEIQ_LIST})
    (drop / "extrapro").symlink_to(drop / target)
    [fault] = look_into([drop]).faults
    assert "drop/extrapro is a link to nothing, where a folder is expected" in str(fault)


def test_nothing_is_found_twice(tmp_path: Path) -> None:
    drop = put_all(tmp_path / "drop", {"extrapro/mars/contrats_pro_20220301.csv": CONTRACTS})
    (drop / "extrapro" / "mars" / "loop").symlink_to(drop / "extrapro")
    assert len(look_into([drop]).extracts) == 1


def test_what_is_left_alone_is_named(tmp_path: Path) -> None:
    files = {
        **below("asp_fluxiae", DATED),
        "asp_fluxiae/fluxIAE_AnnexeFinanciereACI_22022022_112211.csv": b"x|y\n",
        "asp_fluxiae/fluxIAE_MissionsEtatMensuelIndiv_22022022_112211.csv": b"x|y\n",
        "asp_fluxiae/fluxIAE_RefMois_22022022_112211.csv": b"x",
        "asp_fluxiae/fluxIAE_RefMois_22022022_112211.csv.gz": b"\x1f\x8bdamaged",
        "asp_fluxiae/fluxIAE_Salarie_01032022_112211.csv.part": b"x",
        "asp_fluxiae/x/Thumbs.db": b"x",
        "notes/x.txt": b"x",
        "contrats_pro_20220301.csv.part": b"x",
        "~$contrats_pro_20220301.xlsx": b"x",
    }
    drop = put_all(tmp_path / "drop", files)
    found = look_into([drop])
    assert found.faults == []
    assert found.left_alone == [
        f"{drop}/notes/",
        f"{drop}/contrats_pro_20220301.csv.part",
        "asp_fluxiae/fluxIAE_AnnexeFinanciereACI_22022022_112211.csv",
        "asp_fluxiae/fluxIAE_MissionsEtatMensuelIndiv_22022022_112211.csv",
        "asp_fluxiae/fluxIAE_RefMois_22022022_112211.csv",
        "asp_fluxiae/fluxIAE_RefMois_22022022_112211.csv.gz",
        "asp_fluxiae/fluxIAE_Salarie_01032022_112211.csv.part",
        "asp_fluxiae/x/Thumbs.db",
    ]


def test_files_put_in_order_after_they_were_loaded(tmp_path: Path, warehouse: Warehouse) -> None:
    warehouse.load(write_fluxiae(tmp_path / "drop"))
    folder = tmp_path / "drop" / "asp_fluxiae"
    (folder / "week").mkdir()
    for path in folder.glob("*.gz"):
        path.rename(folder / "week" / path.name.replace(".csv", " (1).csv"))
    [outcome] = warehouse.load(tmp_path / "drop")
    assert outcome.note == "already loaded, nothing to do"


def test_one_archive_twice_is_one_extract(warehouse: Warehouse) -> None:
    copies = {"asp_fluxiae/a.zip": zipped(DATED), "asp_fluxiae/a (1).zip": zipped(DATED)}
    outcomes = warehouse.load_files(copies)
    assert [one.note for one in outcomes] == ["loaded", "already loaded, nothing to do"]


def weeks(nb_weeks: int) -> dict[str, bytes]:
    return {
        f"asp_fluxiae/week{week}.zip": zipped(texts(f"{week:02}032022_112211", nb_rows=week))
        for week in range(1, nb_weeks + 1)
    }


def current(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.query(
        "select extract_date, is_current, nb_rows from raw.extracts order by extract_date"
    )


def test_of_many_archives_the_last_ones_are_loaded(warehouse: Warehouse) -> None:
    """Five weeks, five tables of as many rows as the week's number; two extracts are kept."""
    outcomes = warehouse.load_files(weeks(5), keep=2)
    notes = {f"{outcome.date:%d}": outcome.note for outcome in outcomes}
    beyond = "not loaded: older than the 2 extracts kept (--keep)"
    assert notes == {"04": "loaded", "05": "loaded", "03": beyond, "02": beyond, "01": beyond}
    assert current(warehouse) == [(dt.date(2022, 3, 4), False, 20), (dt.date(2022, 3, 5), True, 25)]
    outcomes = warehouse.load_files(weeks(6), keep=2)
    assert [outcome.note for outcome in outcomes[:2]] == ["already loaded, nothing to do", "loaded"]
    assert [date for date, *_ in current(warehouse)] == [dt.date(2022, 3, 5), dt.date(2022, 3, 6)]


def test_where_the_last_archive_is_refused_an_older_one_is_loaded(warehouse: Warehouse) -> None:
    files = weeks(4)
    files["asp_fluxiae/week4.zip"] = zipped(dict.fromkeys(texts("04032022_112211"), b"x|y\n"))
    with pytest.raises(IaeError, match="has no column"):
        warehouse.load_files(files, keep=2)
    assert current(warehouse) == [(dt.date(2022, 3, 2), False, 10), (dt.date(2022, 3, 3), True, 15)]


@pytest.mark.parametrize(
    ("name", "content", "days_ahead"),
    [
        ("extrapro/contrats_pro_{:%Y%m%d}.csv", CONTRACTS, 1),
        ("bpifrance_iti/iti_entrees_{:%Y%m%d}.xlsx", ITI_BOOK, 1),
        ("geiq/geiq_{:%Y}.csv", GEIQ_LIST, 366),
    ],
)
def test_nothing_from_the_future(
    name: str, content: bytes, days_ahead: int, tmp_path: Path, warehouse: Warehouse
) -> None:
    today = dt.date.today()
    last = today + dt.timedelta(days=days_ahead)
    warehouse.load(put(tmp_path / "a", name.format(last), content))
    ahead = last + dt.timedelta(days=1 if days_ahead == 1 else 366)
    sentence = warehouse.fault(put(tmp_path / "b", name.format(ahead), content))
    assert f"to {last:%Y-%m-%d}); correct the file names" in sentence


def test_nor_a_deb_date_from_the_future(tmp_path: Path, warehouse: Warehouse) -> None:
    ahead = dt.date.today() + dt.timedelta(days=2)
    text = fluxiae_text(FLUXIAE["salarie"], [], deb=f"{ahead:%d%m%Y}_112211")
    sentence = warehouse.fault(write_fluxiae(tmp_path / "drop", {"salarie": text}))
    assert f"the extract is dated {ahead:%Y-%m-%d}, which cannot be" in sentence
