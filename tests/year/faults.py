"""What can go wrong on a Monday, each in a few lines: what is spoilt, what the project must say."""

from __future__ import annotations

import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from year.delivered import Files, repacked, unpacked

if TYPE_CHECKING:
    from year.monday import Monday


@dataclass(frozen=True)
class Fault:
    """A fault of a delivery.

    Attributes:
        spoil: what it does to the delivery, or to how it is loaded.
        said: what the refusal says; None where the load takes it as it is.
        needs: the source that must be in the delivery.
        from_week: when there is what it needs.
    """

    spoil: Callable[[Monday], object]
    said: str | None = None
    needs: str = "asp_fluxiae"
    from_week: int = 1


def table(files: Files, name: str) -> str:
    """The name of the file of a table."""
    return next(file for file in files if file.startswith(f"fluxIAE_{name}_"))


def edited(name: str, edit: Callable[[bytes], bytes]) -> Callable[[Monday], None]:
    """A fault inside one table of the archive."""

    def change(files: Files) -> None:
        file = table(files, name)
        files[file] = edit(files[file])

    return lambda monday: repacked(monday.archive, change)


def relined(name: str, edit: Callable[[list[bytes]], list[bytes]]) -> Callable[[Monday], None]:
    """A fault of the lines of one table."""
    return edited(name, lambda data: b"".join(edit(data.splitlines(keepends=True))))


def overwritten(content: bytes) -> Callable[[Monday], object]:
    """A fault of the archive itself."""
    return lambda monday: monday.archive.write_bytes(content)


def half(monday: Monday) -> None:
    data = monday.archive.read_bytes()
    monday.archive.write_bytes(data[: len(data) // 2])


def short_lines(lines: list[bytes]) -> list[bytes]:
    return [b"x|y\n" if rank % 50 == 2 else line for rank, line in enumerate(lines[:-1])] + lines[
        -1:
    ]


def renamed(monday: Monday, name: str) -> None:
    monday.archive.rename(monday.archive.with_name(name))


def of_another_year(monday: Monday, years: int) -> None:
    """The same extract, dated otherwise everywhere."""
    day = datetime.strptime(monday.archive.name[8:16], "%d%m%Y")
    other = day.replace(year=day.year + years, day=min(day.day, 28))

    def change(files: Files) -> None:
        for name in list(files):
            data = files.pop(name)
            start, line_end, rest = data.partition(b"\n")
            start = re.sub(
                rb"^(\xef\xbb\xbf)?DEB(\D+)\d{8}",
                rb"\1DEB\g<2>" + f"{other:%d%m%Y}".encode(),
                start,
            )
            files[name.replace(f"{day:%d%m%Y}", f"{other:%d%m%Y}")] = start + line_end + rest

    repacked(monday.archive, change)
    renamed(monday, monday.archive.name.replace(f"{day:%d%m%Y}", f"{other:%d%m%Y}"))


def loose(monday: Monday) -> None:
    """The archive unpacked, as people do to look into it."""
    for name, data in unpacked(monday.archive).items():
        monday.archive.with_name(name).write_bytes(data)
    for archive in monday.source("asp_fluxiae").glob("*.tar.gz"):
        archive.unlink()


def below(monday: Monday) -> None:
    folder = monday.archive.parent / "à classer"
    folder.mkdir()
    shutil.move(monday.archive, folder)


def litter(monday: Monday) -> None:
    for name in (".DS_Store", "Thumbs.db", "lisez-moi.docx", "__MACOSX/._fluxIAE_Structure_x.csv"):
        path = monday.source("asp_fluxiae") / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\0\1 nothing")


def mixed(monday: Monday) -> None:
    """Everything in one folder."""
    for path in [*monday.inbox.rglob("*.*")]:
        if path.is_file() and path.parent != monday.inbox:
            shutil.move(path, monday.inbox)
    for folder in monday.inbox.iterdir():
        if folder.is_dir():
            folder.rmdir()


def of_workbook(monday: Monday, old: bytes, new: bytes) -> None:
    """Change a text of the workbook of ITI."""
    [path] = monday.source("bpifrance_iti").glob("*.xlsx")
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data.replace(old, new))


def of_text(monday: Monday, edit: Callable[[bytes], bytes]) -> None:
    [path] = monday.source("asp_contrats_aides").glob("*.csv")
    path.write_bytes(edit(path.read_bytes()))


def with_earlier(monday: Monday, nb_weeks: int) -> None:
    """An archive of some weeks ago is in the folder too."""
    [archive] = (monday.weeks[monday.number - 1 - nb_weeks] / "asp_fluxiae").iterdir()
    shutil.copy(archive, monday.source("asp_fluxiae"))


def aged(monday: Monday, hours: int) -> None:
    moment = time.time() + 3600 * hours
    for path in monday.inbox.rglob("*"):
        os.utime(path, (moment, moment))


def with_variables(**variables: str) -> Callable[[Monday], object]:
    return lambda monday: monday.variables.update(variables)


def spoilt_sirets(data: bytes) -> bytes:
    return re.sub(rb"(?m)^((?:[^;]*;){3})[^;]*;", rb"\g<1>4,12341E+13;", data)


FAULTS = {
    "half a file": Fault(half, "damaged|cut|cannot be read|not a"),
    "an empty file": Fault(overwritten(b""), "empty|no file"),
    "a page of an error": Fault(
        overwritten(b"<!DOCTYPE html><html>404</html>"), "HTML|web page|text"
    ),
    "a 7-Zip": Fault(overwritten(b"7z\xbc\xaf\x27\x1c" + bytes(500)), "7-Zip|7z"),
    "a partial download": Fault(
        lambda monday: renamed(monday, f"{monday.archive.name}.crdownload"), "ending"
    ),
    "a wrong password": Fault(with_variables(IAE_ARCHIVE_PASSWORD="autre"), "assword"),
    "no password": Fault(with_variables(IAE_ARCHIVE_PASSWORD=""), "assword"),
    "a renamed column": Fault(
        edited("ContratMission", lambda data: data.replace(b"date_embauche", b"date_debut", 1)),
        "contrat_date_embauche",
    ),
    "a missing table": Fault(
        lambda monday: repacked(monday.archive, lambda files: files.pop(table(files, "Salarie"))),
        "Salarie",
    ),
    "half a table": Fault(
        relined("ContratMission", lambda lines: lines[: len(lines) // 2] + lines[-1:]), "FIN"
    ),
    "half a table without its end": Fault(
        relined("EtatMensuelIndiv", lambda lines: lines[: len(lines) // 2]),
        "--accept|fell|fall",
        from_week=2,
    ),
    "lines that do not fit": Fault(relined("EtatMensuelIndiv", short_lines), "reject"),
    "a table without its header": Fault(
        edited("Structure", lambda data: data[data.index(b"\n", 200) + 1 :]), "column"
    ),
    "a date to come": Fault(lambda monday: of_another_year(monday, 9), "cannot be"),
    "nothing in the folder": Fault(lambda monday: monday.archive.unlink(), "no file|nothing"),
    "a folder that is not there": Fault(
        lambda monday: shutil.rmtree(monday.inbox), "no such folder"
    ),
    "another salt": Fault(
        with_variables(IAE_SALT="the salt of another shell"), "salt", from_week=2
    ),
    "a full disk": Fault(
        lambda monday: monday.fill_the_disk(), "room|space|full|grow|written|large"
    ),
    "a warehouse in no folder": Fault(
        with_variables(IAE_WAREHOUSE="/proc/nowhere/build.duckdb"), "/proc/nowhere"
    ),
    "a workbook without its header": Fault(
        lambda monday: of_workbook(monday, "Entrées".encode(), b"Nombre"),
        "header|column",
        "bpifrance_iti",
    ),
    "a workbook that is a text": Fault(
        lambda monday: next(monday.source("bpifrance_iti").iterdir()).write_text("Mois;Entrées\n"),
        "text|workbook",
        "bpifrance_iti",
    ),
    "SIRETs that a spreadsheet ruined": Fault(
        lambda monday: of_text(monday, spoilt_sirets), "SIRET|siret", "asp_contrats_aides"
    ),
    "a text without its header": Fault(
        lambda monday: of_text(monday, lambda data: data[data.index(b"\n") + 1 :]),
        "column",
        "asp_contrats_aides",
    ),
    "last week's file beside it": Fault(lambda monday: with_earlier(monday, 1), from_week=2),
    "an older extract beside it": Fault(lambda monday: with_earlier(monday, 4), from_week=5),
    "a doubled archive": Fault(
        lambda monday: shutil.copy(
            monday.archive, monday.archive.with_name(monday.archive.name.replace("_112211", " (1)"))
        )
    ),
    "an archive unpacked": Fault(loose),
    "one folder down": Fault(below),
    "litter": Fault(litter),
    "all in one folder": Fault(mixed),
    "a folder in capitals": Fault(
        lambda monday: monday.source("asp_fluxiae").rename(monday.inbox / "ASP_FLUXIAE")
    ),
    "an archive named .zip": Fault(
        lambda monday: renamed(monday, monday.archive.name.replace(".tar.gz", ".zip"))
    ),
    "a table with a byte order mark": Fault(
        edited("EtatMensuelIndiv", lambda data: b"\xef\xbb\xbf" + data)
    ),
    "columns in another case of line ends": Fault(
        edited("Salarie", lambda data: data.replace(b"\n", b"\r\n"))
    ),
    "a locale of ASCII": Fault(with_variables(LC_ALL="C", PYTHONUTF8="0")),
    "a clock an hour off": Fault(lambda monday: aged(monday, 1)),
    "another time zone": Fault(with_variables(TZ="Pacific/Kiritimati")),
    "a folder with spaces and accents": Fault(lambda monday: monday.move_to("dépôt du lundi n° 1")),
    "a delivery of next to no memory": Fault(with_variables(IAE_MEMORY_LIMIT="300MB")),
}
