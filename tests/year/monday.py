"""The operator: each Monday she loads, builds and publishes, and does what the messages tell."""

from __future__ import annotations

import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb

import oracle
import oracle_beyond
from conftest import Pipeline
from iae.sample import write_sample
from test_kill import NIR, persons_of
from year.commands import FORKS, Commands, Done
from year.delivered import read_into, repacked, unpacked
from year.faults import FAULTS, table

# Bytes that a file may have on a full disk: less than the working file has.
NO_ROOM = 200_000


class YearError(AssertionError):
    """Something that must never happen."""


@dataclass
class Monday:
    """One week: the delivery as it came, and the folder where the operator has put it."""

    number: int
    weeks: list[Path]
    inbox: Path
    warehouse: Path
    variables: dict[str, str] = field(default_factory=dict)
    largest_file: int | None = None

    @property
    def clean(self) -> Path:
        return self.weeks[self.number - 1]

    @property
    def archive(self) -> Path:
        return next(self.source("asp_fluxiae").glob("*.tar.gz"))

    def source(self, name: str) -> Path:
        return self.inbox / name

    def earlier(self, nb_weeks: int) -> Path:
        [archive] = (self.weeks[self.number - 1 - nb_weeks] / "asp_fluxiae").iterdir()
        return archive

    def go_to(self, name: str) -> None:
        """Name another folder, which need not be there."""
        self.inbox = self.inbox.with_name(name)

    def move_to(self, name: str) -> None:
        self.inbox = self.inbox.rename(self.inbox.with_name(name))

    def fill_the_disk(self) -> None:
        self.largest_file = NO_ROOM

    def fresh(self) -> Monday:
        """The delivery asked for again, and nothing out of the ordinary."""
        shutil.rmtree(self.inbox, ignore_errors=True)
        inbox = self.inbox.with_name(self.clean.name)
        shutil.rmtree(inbox, ignore_errors=True)
        shutil.copytree(self.clean, inbox)
        return Monday(self.number, self.weeks, inbox, self.warehouse)


@dataclass
class Line:
    """What the report says of a week."""

    day: str
    happened: list[str]
    nb_cells: int
    size: int
    seconds: float


@dataclass
class Year:
    """The year: what was delivered, what must be published, and what went wrong on the way."""

    folder: Path
    seed: int
    nb_weeks: int
    without_tests: bool = False
    build_every: int = 1
    nb_faults: int = 2  # each week
    nb_kills: int = 2  # loads killed each week
    scale: float = 0.002
    until: date = date(2022, 9, 1)
    show: Callable[[Line], None] = lambda line: None
    lines: list[Line] = field(default_factory=list)
    editions: dict[date, list[oracle.Cells]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.pipeline = Pipeline(self.folder / "run")
        self.commands = Commands(self.pipeline, self.random, self.without_tests)
        self.delivered = oracle.Drop()
        self.happened: list[str] = []
        self.deck: list[str] = []
        self.events: list[str] = []

    def run(self) -> None:
        """Live through every week."""
        write_sample(
            self.folder / "weeks",
            scale=self.scale,
            seed=self.seed,
            until=self.until,
            nb_weeks=self.nb_weeks,
        )
        self.weeks = sorted((self.folder / "weeks").glob("2*"))
        self.pipeline.folder.mkdir()
        for number in range(1, self.nb_weeks + 1):
            began = time.monotonic()
            self.happened = []
            nb_cells = self.live(number)
            size = self.pipeline.warehouse.stat().st_size
            day = self.weeks[number - 1].name
            line = Line(day, self.happened, nb_cells, size, time.monotonic() - began)
            self.lines.append(line)
            self.show(line)
        self.check_editions()
        self.check_persons()

    def live(self, number: int) -> int:
        """One week; return how many cells were compared."""
        inbox = self.folder / "inbox" / "x"
        inbox.mkdir(parents=True, exist_ok=True)
        monday = Monday(number, self.weeks, inbox, self.pipeline.warehouse).fresh()
        event = self.drawn_event(monday)
        if event == "no delivery":
            self.happened.append(event)
        else:
            self.load_through_faults(monday)
            self.delivered = read_into(self.delivered, monday.clean, self.folder)
            if event in BEFORE_THE_BUILD:
                self.happened.append(event)
                BEFORE_THE_BUILD[event](self, monday.fresh())
        if number % self.build_every:
            return 0
        self.build_and_publish()
        nb_cells = self.check()
        if event in AFTER_THE_PUBLICATION:
            self.happened.append(event)
            AFTER_THE_PUBLICATION[event](self, monday.fresh())
            nb_cells += self.check()
        return nb_cells

    def drawn_event(self, monday: Monday) -> str:
        events = [*BEFORE_THE_BUILD, *AFTER_THE_PUBLICATION, "no delivery"]
        if not self.events:
            self.events = self.random.sample(events, len(events))
        return self.events.pop() if monday.number > 1 else ""

    def drawn_faults(self, monday: Monday) -> Iterator[str]:
        """The next faults of the deck that can happen this week; the others wait."""
        if len(self.deck) < self.nb_faults:
            self.deck += self.random.sample(list(FAULTS), len(FAULTS))
        possible = [
            name
            for name in self.deck
            if monday.source(FAULTS[name].needs).is_dir() and FAULTS[name].can_happen(monday)
        ]
        for name in possible[: self.nb_faults]:
            self.deck.remove(name)
            yield name

    def load_through_faults(self, monday: Monday) -> None:
        # What is refused comes first: what is loaded already is not looked into again.
        for name in sorted(self.drawn_faults(monday), key=lambda name: FAULTS[name].said is None):
            self.happened.append(name)
            monday = monday.fresh()
            fault = FAULTS[name]
            fault.spoil(monday)
            done = self.load(monday)
            if fault.said is None:
                self.must(done.code == 0, name, done)
            else:
                self.must(done.code == 1 and "Error: " in done.said, name, done)
                self.must(re.search(fault.said, done.said) is not None, name, done)
        monday = monday.fresh()
        for _ in range(self.nb_kills):
            self.commands.killed("load", monday.inbox)
        self.must_load(monday)

    def load(self, monday: Monday, *options: str) -> Done:
        return self.commands.run(
            "load",
            monday.inbox,
            *options,
            changed=monday.variables,
            largest_file=monday.largest_file,
        )

    def must_load(self, monday: Monday, *options: str) -> str:
        done = self.load(monday, *options)
        self.must(done.code == 0, "load", done)
        return done.said

    def build_and_publish(self) -> None:
        if self.without_tests:
            self.must_succeed("build")
        else:
            self.commands.killed("build")
            self.must_succeed("build")
            self.commands.killed("publish")
            # What was killed may have kept the edition: the message says to build again.
            done = self.commands.run("publish")
            if done.code == 1 and "run dbt build" in done.said:
                self.must_succeed("build")
                done = self.commands.run("publish")
            self.must(done.code == 0, "publish", done)
            self.keep_in_mind()

    def must_succeed(self, *words: str) -> None:
        done = self.commands.run(*words)
        self.must(done.code == 0, " ".join(words), done)

    def must(self, is_so: bool, what: str, done: Done) -> None:
        if not is_so or "Traceback" in done.said:
            raise YearError(f"{what}: exit code {done.code}\n{done.said}")

    # What must be true

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        path = self.pipeline.warehouse if self.without_tests else self.pipeline.published
        return self.pipeline.query(sql, path=path)

    def check(self) -> int:
        """Compare every figure with the oracle's; return how many cells there are."""
        cells, _ = oracle.count(self.delivered)
        expected: dict[str, tuple[str, str, dict[Any, Any]]] = {
            "fct_stock_by_structure_type": (
                "month, territory_id, structure_type",
                "stock, is_provisional",
                dict(cells),
            ),
            "fct_composite_stock": (
                "month, territory_id",
                "official_stock, constant_stock, missing_components, is_provisional,"
                " official_change, official_change_percent, constant_change,"
                " constant_change_percent",
                dict(oracle.compose(cells)),
            ),
        }
        if not self.without_tests:
            for mart, (key, columns, count) in oracle_beyond.MARTS.items():
                expected[mart] = key, columns, count(self.delivered, cells)
        for mart, (key, columns, rows) in expected.items():
            width = len(key.split(","))
            found = {
                row[:width]: row[width:]
                for row in self.query(f"select {key}, {columns} from marts.{mart}")
            }
            differing = [
                cell for cell in found.keys() | rows.keys() if found.get(cell) != rows.get(cell)
            ]
            if differing:
                cell = min(differing)
                raise YearError(
                    f"{mart}: {len(differing)} cells differ, {cell} is {found.get(cell)} and must"
                    f" be {rows.get(cell)}"
                )
        return sum(len(rows) for _, _, rows in expected.values())

    def keep_in_mind(self) -> None:
        """What was published now, for the end of the year."""
        drop = self.delivered
        extracts = (drop.fluxiae, drop.extrapro, drop.contrats_aides)
        dates = [one.extract_date for one in extracts if one] + [drop.iti[0]] * bool(drop.iti)
        cells, _ = oracle.count(drop)
        releases = self.editions.setdefault(max(dates), [])
        cells = {cell: what for cell, what in cells.items() if cell[1][0] in "DN"}
        if not releases or releases[-1] != cells:
            releases.append(cells)

    def check_editions(self) -> None:
        """The archive holds what was published, all of it and nothing else."""
        folder = self.pipeline.published.with_name("editions")
        expected = {
            f"{day}_release_{release}.parquet": cells
            for day, releases in self.editions.items()
            for release, cells in enumerate(releases, start=1)
        }
        found = {path.name for path in folder.glob("*")}
        if found != set(expected):
            raise YearError(f"editions: {sorted(found ^ set(expected))} are there or are missing")
        for name, cells in expected.items():
            with duckdb.connect() as connection:
                rows = connection.execute(
                    "select month, territory_id, structure_type, stock, is_provisional"
                    " from read_parquet(?)",
                    [str(folder / name)],
                ).fetchall()
            if {row[:3]: row[3:] for row in rows} != cells:
                raise YearError(f"editions: {name} is not what was published")

    def check_persons(self) -> None:
        """No name and no number of a person is in any file."""
        [archive] = (self.weeks[-1] / "asp_fluxiae").iterdir()
        files = unpacked(archive)
        salarie = self.folder / "salarie.csv"
        salarie.write_bytes(files[table(files, "Salarie")])
        numbers, names = persons_of(salarie)
        salarie.unlink()
        for path in self.pipeline.folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                if {found[1] for found in NIR.finditer(content)} & numbers:
                    raise YearError(f"{path}: holds the number of a person")
                if any(name in content for name in names):
                    raise YearError(f"{path}: holds the name of a person")

    @property
    def growth(self) -> float:
        """Size of the working file at the end, over that after the second week."""
        return self.lines[-1].size / self.lines[1].size


# What else happens


def two_loads(year: Year, monday: Monday) -> None:
    loads = [year.commands.begun("load", monday.inbox) for _ in range(2)]
    for done in [year.commands.ended(load) for load in loads]:
        is_told = done.code == 1 and "another process" in done.said
        year.must(done.code == 0 or is_told, "two loads", done)
    year.must_load(monday)


def rollback(year: Year, monday: Monday) -> None:
    year.must_succeed("rollback", "asp_fluxiae")
    if "--accept" in year.must_load(monday):
        year.must_load(monday, "--accept")


def lost_warehouse(year: Year, monday: Monday) -> None:
    """The working file is gone: what was delivered is loaded again, oldest first."""
    for path in year.pipeline.warehouse.parent.glob("build.duckdb*"):
        path.unlink()
    for number in range(1, monday.number + 1):
        week = Monday(number, monday.weeks, monday.inbox, monday.warehouse).fresh()
        year.must_load(week, "--accept")


def full_while_building(year: Year, monday: Monday) -> None:
    done = year.commands.run("build", largest_file=NO_ROOM)
    if done.code == 0:
        raise YearError("a build on a full disk has succeeded")


def correction(year: Year, monday: Monday) -> None:
    correct(year, monday)
    year.build_and_publish()


def correct(year: Year, monday: Monday) -> None:
    """Load the same extract once more, with some of its states taken back."""

    def change(files: dict[str, bytes]) -> None:
        name = table(files, "EtatMensuelIndiv")
        lines = files[name].splitlines(keepends=True)
        kept = [line for rank, line in enumerate(lines) if rank < 3 or rank % 40]
        files[name] = b"".join(kept[:-1] if kept[-1].startswith(b"FIN") else kept)

    repacked(monday.archive, change)
    year.must_load(monday)
    year.delivered = read_into(year.delivered, monday.inbox, year.folder)


def two_publications(year: Year, monday: Monday) -> None:
    if year.without_tests:
        return
    for done in [
        year.commands.ended(one) for one in [year.commands.begun("publish") for _ in "ab"]
    ]:
        is_told = done.code == 1 and "under way" in done.said
        year.must(done.code == 0 or is_told, "two publications", done)


def full_while_publishing(year: Year, monday: Monday) -> None:
    if not year.without_tests:
        correct(year, monday)
        year.must_succeed("build")
        done = year.commands.run("publish", largest_file=NO_ROOM)
        year.must(done.code == 1, "publication on a full disk", done)
        year.build_and_publish()


def _read_twice(path: Path, there: Connection) -> None:
    """Read a published file, and again once told to; tell whether it is the same."""
    sql = "select sum(stock) from marts.fct_stock_by_structure_type"
    with duckdb.connect(str(path), read_only=True) as connection:
        first = connection.execute(sql).fetchall()
        there.send("open")
        there.recv()
        there.send(connection.execute(sql).fetchall() == first)


def reader_all_week(year: Year, monday: Monday) -> None:
    """Somebody keeps the published file open while the next one is published."""
    if year.without_tests:
        return
    here, there = FORKS.Pipe()
    reader = FORKS.Process(target=_read_twice, args=(year.pipeline.published, there))
    reader.start()
    here.recv()
    correction(year, monday)
    here.send("read again")
    if not here.recv():
        raise YearError("a reader saw another edition than the one that was opened")
    reader.join()


BEFORE_THE_BUILD: dict[str, Callable[[Year, Monday], None]] = {
    "two loads at once": two_loads,
    "a rollback": rollback,
    "the working file lost": lost_warehouse,
    "a full disk while building": full_while_building,
}
AFTER_THE_PUBLICATION: dict[str, Callable[[Year, Monday], None]] = {
    "a correction": correction,
    "two publications at once": two_publications,
    "a full disk while publishing": full_while_publishing,
    "a reader all week": reader_all_week,
}
