"""Successive extracts of one population, as the sources deliver them from week to week."""

import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyzipper

from iae.sample.asp_extranet import delivered
from iae.sample.text_files import ZIP_EPOCH, WrittenFile

# Of the archives that a sample writes: nothing in them is secret.
PASSWORD = "fictif"  # noqa: S105
# GEIQ and ITI are counted from here on (docs/indicator.md).
_COMPOSITE_START = date(2021, 1, 1)
_FIRST_LIST = 2020


@dataclass(frozen=True)
class Delivery:
    """What comes together: the extract of the ASP and the last month that it covers.

    The last months that the files of GEIQ and ITI cover are None where none comes; `first_list` is
    the year of the first list of GEIQ that comes.
    """

    extract_date: date
    month: date
    geiq_month: date | None
    iti_month: date | None
    first_list: int = _FIRST_LIST

    @property
    def day(self) -> date:
        """The day on which it comes."""
        return delivered(self.extract_date)


def in_next_month(month: date, day: int) -> date:
    """Return a day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, day)


def geiq_date(month: date) -> date:
    """Return the date of the files of GEIQ that cover a month."""
    return in_next_month(month, 14)


def iti_date(month: date) -> date:
    """Return the date of the workbook of ITI that covers a month."""
    return in_next_month(month, 20)


def one_delivery(until: date) -> Delivery:
    """Return everything that covers a month, at once."""
    month = until if until >= _COMPOSITE_START else None
    return Delivery(in_next_month(until, 11), until, month, month)


def weekly_deliveries(until: date, nb_weeks: int) -> Iterator[Delivery]:
    """Yield deliveries a week apart, up to what covers `until`; the first has what came before."""
    last = in_next_month(until, 11)
    first_list = _FIRST_LIST
    for week in range(nb_weeks):
        extract_date = last - timedelta(weeks=nb_weeks - 1 - week)
        day = delivered(extract_date)
        after = date.min if week == 0 else day - timedelta(weeks=1)
        geiq_month = _latest(geiq_date, after, day)
        yield Delivery(
            extract_date,
            _month_before(extract_date + timedelta(days=1)),
            geiq_month,
            _latest(iti_date, after, day),
            first_list,
        )
        if geiq_month:
            first_list = geiq_month.year + 1


def _latest(date_of: Callable[[date], date], after: date, day: date) -> date | None:
    """Return the last month whose file is dated within the week, None where there is none."""
    month = _month_before(day)
    if date_of(month) > day:
        month = _month_before(month)
    return month if month >= _COMPOSITE_START and date_of(month) > after else None


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def packed(folder: Path, files: Iterable[WrittenFile], day: date) -> WrittenFile:
    """Put files into one archive as the ASP sends them: a Zip, named otherwise, of AES Zips."""
    archive = folder / f"fluxIAE_{day:%d%m%Y}_112211.tar.gz"
    nb_rows = 0
    with zipfile.ZipFile(archive, "w") as outer:
        for file in files:
            inner = file.path.with_name(file.path.name.removesuffix(".gz") + ".riae")
            is_packed = file.path.suffix == ".gz"
            with pyzipper.AESZipFile(
                inner,
                "w",
                compression=pyzipper.ZIP_STORED if is_packed else pyzipper.ZIP_DEFLATED,
                compresslevel=1,
                encryption=pyzipper.WZ_AES,
            ) as target:
                target.setpassword(PASSWORD.encode())
                target.write(file.path, file.path.name)
            with (
                inner.open("rb") as source,
                outer.open(zipfile.ZipInfo(inner.name, ZIP_EPOCH), "w", force_zip64=True) as member,
            ):
                shutil.copyfileobj(source, member, 1 << 20)
            inner.unlink()
            file.path.unlink()
            nb_rows += file.nb_rows
    return WrittenFile(archive, nb_rows)
