"""`iae release`: an edition of the open tables, its files, and the editions before it."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from conftest import PROJECT
from iae.errors import IaeError
from iae.release.release import (
    CHANGE_LOG,
    CHECKSUMS,
    DESCRIPTOR,
    FEED,
    WORKBOOK,
    Release,
    write_release,
)

ATOM = "{http://www.w3.org/2005/Atom}"
TABLES = """
create schema open_data;
create table open_data.territories as
from (values ('FR', 'national', 'France'), ('D48', 'departmental', 'Lozère'),
    ('D01', 'departmental', 'Ain')) as t (territory_id, territory_level, territory_name);
create table open_data.stock_by_structure_type (
    month date not null, territory_id varchar not null, structure_type varchar not null,
    stock bigint not null, is_provisional boolean not null,
    primary key (month, territory_id, structure_type)
);
create table open_data.published_stock as
from (values (date '2023-01-18', date '2022-08-01', 'FR', 151234, false),
    ('2023-01-18', '2022-09-01', 'FR', 151967, true))
as t (edition, month, territory_id, stock, is_provisional);
create table open_data.editions as
from (values (date '2022-10-11', 1, timestamp '2022-10-12 09:30:00', false, 0))
as t (edition, release, published_at, is_synthetic, nb_revised_cells);
comment on table open_data.stock_by_structure_type is
    'Une ligne par mois, territoire et type : l''effectif arrondi à 5.\n\nStock, rounded to 5.';
comment on column open_data.stock_by_structure_type.stock is 'Arrondi à 5. Rounded to 5.';
"""


def write_published(
    path: Path,
    *,
    day: str = "2022-10-11",
    months: dict[str, tuple[int, int]] | None = None,
    base: int = 5,
    is_synthetic: bool = False,
) -> Path:
    """A published file by hand: ACI of Ain and Lozère by month, the last of them provisional."""
    path.unlink(missing_ok=True)
    months = months or {"2022-08-01": (120, 35), "2022-09-01": (125, 0)}
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLES)
        connection.execute(f"""
            create table open_data.metadata as from '{PROJECT}/seeds/publication.csv';
            create table open_data.protection as
            select {base} as rounding_base, {base > 1} as is_protected;
            create table open_data.extracts as
            from (values ('asp_fluxiae', {is_synthetic}, date '{day}', date '2022-09-01'),
                ('barometre', false, '2023-01-18', null), ('geiq', false, '2024-01-01', null))
            as t (source, is_synthetic, extract_date, last_covered_month);
        """)
        for month, (ain, lozere) in months.items():
            provisional = month == max(months)
            for name, people in (("D01", ain), ("D48", lozere), ("FR", ain + lozere)):
                connection.execute(
                    "insert into open_data.stock_by_structure_type values (?, ?, 'ACI', ?, ?)",
                    [month, name, people, provisional],
                )
        connection.execute("""
            create table open_data.composite_stock as
            select month, territory_id, null::bigint as official_stock, stock as constant_stock,
                2.5::double as constant_change_percent, is_provisional
            from open_data.stock_by_structure_type
        """)
    return path


def release_of(tmp_path: Path, **options: Any) -> Release:
    return write_release(write_published(tmp_path / "iae.duckdb", **options), tmp_path / "site")


def read_csv(path: Path) -> list[tuple[Any, ...]]:
    return duckdb.sql(f"from read_csv('{path}')").fetchall()


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return release_of(tmp_path_factory.mktemp("release"))


def test_an_edition_is_dated_by_the_extracts_of_the_stock(released: Release) -> None:
    assert released.folder.name == "2022-10-11"
    assert released.is_new
    assert released.rows["stock_by_structure_type"] == 6
    names = {path.name for path in released.folder.iterdir()}
    latest = {path.name for path in (released.folder.parent / "latest").iterdir()}
    assert names == latest
    assert {"composite_stock.csv", "composite_stock.parquet", WORKBOOK, DESCRIPTOR} <= names


def test_csv_and_parquet_hold_the_open_table_and_a_status(released: Release) -> None:
    text = (released.folder / "stock_by_structure_type.csv").read_bytes()
    lines = text.decode("utf-8").splitlines()
    assert lines[0] == "month,territory_id,structure_type,stock,is_provisional,obs_status"
    assert lines[1] == "2022-08-01,D01,ACI,120,FALSE,A"
    assert lines[-1] == "2022-09-01,FR,ACI,125,TRUE,P"
    parquet = released.folder / "stock_by_structure_type.parquet"
    rows = duckdb.sql(f"from '{parquet}'").fetchall()
    assert rows[0] == (date(2022, 8, 1), "D01", "ACI", 120, False, "A")
    assert rows == read_csv(released.folder / "stock_by_structure_type.csv")
    composite = duckdb.sql(f"from '{released.folder / 'composite_stock.parquet'}'")
    statuses = composite.project("official_stock, obs_status, constant_obs_status").distinct()
    assert sorted(statuses.fetchall(), key=str) == [(None, "M", "A"), (None, "M", "P")]
    editions = (released.folder / "editions.csv").read_text().splitlines()
    assert editions[1] == "2022-10-11,1,2022-10-12T09:30:00Z,FALSE,0"
    published = read_csv(released.folder / "published_stock.csv")
    assert [row[-1] for row in published] == ["A", "P"]


def test_the_workbook_has_dates_and_numbers_as_such(released: Release) -> None:
    book = CalamineWorkbook.from_path(released.folder / WORKBOOK)
    assert book.sheet_names[:2] == ["Métadonnées", "Dictionnaire"]
    assert set(book.sheet_names[2:]) == set(released.rows)
    header, first, *_ = book.get_sheet_by_name("stock_by_structure_type").to_python()
    assert header[:4] == ["month", "territory_id", "structure_type", "stock"]
    assert first == [date(2022, 8, 1), "D01", "ACI", 120.0, False, "A"]
    words = dict(book.get_sheet_by_name("Métadonnées").to_python())
    assert words["Période"] == "2022-08 à 2022-09"
    assert words["Licence"].startswith("Licence Ouverte 2.0")
    dictionary = book.get_sheet_by_name("Dictionnaire").to_python()
    assert [
        "stock_by_structure_type",
        "stock",
        "integer",
        "Arrondi à 5. Rounded to 5.",
    ] in dictionary


def test_the_package_is_valid_and_described_by_the_database(released: Release) -> None:
    from frictionless import Package  # slow to import

    descriptor = json.loads((released.folder / DESCRIPTOR).read_text("utf-8"))
    report = Package(str(released.folder / DESCRIPTOR)).validate()
    assert report.valid, report.flatten(["type", "note"])
    assert (descriptor["version"], descriptor["is_synthetic"]) == ("2022-10-11", False)
    assert descriptor["temporal"] == {"start": "2022-08", "end": "2022-09"}
    assert descriptor["licenses"][0]["name"] == "etalab-2.0"
    (stock,) = [one for one in descriptor["resources"] if one["name"] == "stock-by-structure-type"]
    assert stock["title"] == "Une ligne par mois, territoire et type : l'effectif arrondi à 5"
    assert stock["description"] == "Stock, rounded to 5."
    assert stock["schema"]["primaryKey"] == ["month", "territory_id", "structure_type"]
    (field,) = [one for one in stock["schema"]["fields"] if one["name"] == "stock"]
    assert field == {
        "name": "stock",
        "type": "integer",
        "description": "Arrondi à 5. Rounded to 5.",
        "constraints": {"required": True},
    }


def test_checksums_are_those_of_the_files(released: Release) -> None:
    lines = (released.folder / CHECKSUMS).read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {path.name for path in released.folder.iterdir() if path.name[0] != "."}
    assert set(sums) == files - {CHECKSUMS}
    for name, digest in sums.items():
        assert hashlib.sha256((released.folder / name).read_bytes()).hexdigest() == digest


def test_the_same_figures_make_no_new_edition(tmp_path: Path) -> None:
    first = release_of(tmp_path)
    before = {path: path.read_bytes() for path in first.folder.iterdir()}
    again = release_of(tmp_path)
    assert (again.folder, again.is_new) == (first.folder, False)
    assert {path: path.read_bytes() for path in first.folder.iterdir()} == before


def test_other_figures_of_the_same_date_are_a_correction(tmp_path: Path) -> None:
    first = release_of(tmp_path)
    before = {path: path.read_bytes() for path in first.folder.iterdir()}
    corrected = release_of(tmp_path, months={"2022-08-01": (120, 35), "2022-09-01": (125, 5)})
    assert corrected.folder.name == "2022-10-11.2"
    assert corrected.changes[0] == "Correction de l’édition du 11 octobre 2022."
    assert {path: path.read_bytes() for path in first.folder.iterdir()} == before
    # Back to the figures of the first: it is there already.
    assert release_of(tmp_path).folder == first.folder
    # Nothing left in the way, and nothing of ours that can be written over.
    assert sorted(path.name for path in first.folder.parent.iterdir()) == [
        "2022-10-11",
        "2022-10-11.2",
        CHANGE_LOG,
        FEED,
        "latest",
    ]


def test_the_change_log_says_what_is_new_and_what_is_revised(tmp_path: Path) -> None:
    assert release_of(tmp_path).changes == [
        "Première édition.",
        "France, périmètre constant, septembre 2022 : 125 personnes (provisoire).",
    ]
    months = {"2022-08-01": (120, 30), "2022-09-01": (145, 5), "2022-10-01": (1150, 5)}
    second = release_of(tmp_path, day="2022-11-15", months=months)
    assert second.changes == [
        "Mois ajouté (ACI) : octobre 2022.",
        "5 chiffres révisés sur 6, d’août 2022 à septembre 2022.",
        "Plus forte révision d’un département : Ain, ACI, septembre 2022, 125 devient 145 (+20).",
        "France, périmètre constant, octobre 2022 : 1\u00a0155 personnes (provisoire).",
    ]
    log = (second.folder.parent / CHANGE_LOG).read_text("utf-8")
    titles = [line for line in log.splitlines() if line.startswith("## ")]
    assert titles == ["## Édition du 15 novembre 2022", "## Édition du 11 octobre 2022"]


def test_the_feed_has_an_entry_for_each_edition(tmp_path: Path) -> None:
    release_of(tmp_path)
    second = release_of(tmp_path, day="2022-11-15")
    feed = ElementTree.parse(second.folder.parent / FEED).getroot()  # noqa: S314 (ours)
    assert feed.tag == f"{ATOM}feed"
    for parent in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert parent.findtext(f"{ATOM}{name}"), (parent.tag, name)
        datetime.fromisoformat(parent.findtext(f"{ATOM}updated") or "")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [
        "Édition du 15 novembre 2022",
        "Édition du 11 octobre 2022",
    ]
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 2


def test_made_up_figures_say_so_in_every_row_and_never_follow_real_ones(tmp_path: Path) -> None:
    real = release_of(tmp_path)
    made_up = release_of(tmp_path, day="2022-11-15", is_synthetic=True)
    assert made_up.changes[0] == "Première édition."
    rows = duckdb.sql(f"from read_csv('{made_up.folder / 'stock_by_structure_type.csv'}')")
    assert rows.project("is_synthetic").distinct().fetchall() == [(True,)]
    header = (made_up.folder / "published_stock.csv").read_text().splitlines()[0]
    assert "is_synthetic" not in header
    descriptor = json.loads((made_up.folder / DESCRIPTOR).read_text("utf-8"))
    assert descriptor["title"].endswith("(données fictives)")
    latest = real.folder.parent / "latest" / DESCRIPTOR
    assert json.loads(latest.read_text("utf-8"))["version"] == "2022-10-11"


def test_exact_figures_say_that_they_are_restricted(tmp_path: Path) -> None:
    descriptor = json.loads((release_of(tmp_path, base=1).folder / DESCRIPTOR).read_text("utf-8"))
    assert "Diffusion restreinte : chiffres exacts." in descriptor["description"]


def test_says_that_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(IaeError, match="run iae publish"):
        write_release(tmp_path / "iae.duckdb", tmp_path / "site")
    duckdb.connect(str(tmp_path / "iae.duckdb")).close()
    with pytest.raises(IaeError, match=r"run .*iae publish"):
        write_release(tmp_path / "iae.duckdb", tmp_path / "site")
