"""The operator: each Monday she loads, builds and publishes, and does what the messages tell."""

from __future__ import annotations

import pickle
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

import oracle
import oracle_beyond
from compiled_project import CompiledProject
from conftest import Pipeline
from iae.sample import write_sample
from processes import Done
from test_against_oracle import by_key, differences
from test_kill import holds_a_person, persons_of
from year.commands import Commands
from year.delivered import read_into, repacked, unpacked
from year.faults import FAULTS, table

# Bytes that are left on a full disk.
NO_ROOM = 16_384

# By mart: its key, its other columns, and its rows.
Expected = dict[str, tuple[str, str, dict[Any, Any]]]

SHORT_YEAR = ("fct_stock_by_structure_type", "fct_composite_stock")


class YearError(AssertionError):
    """Something that must never happen."""


@dataclass
class Monday:
    """One week: the delivery as it came, and the folder where the operator has put it."""

    number: int
    weeks: list[Path]
    inbox: Path
    variables: dict[str, str] = field(default_factory=dict)
    room: int | None = None  # in bytes, on a full disk

    @property
    def clean(self) -> Path:
        return self.weeks[self.number - 1]

    @property
    def archive(self) -> Path:
        return next(self.source("asp_fluxiae").glob("*.tar.gz"))

    def source(self, name: str) -> Path:
        return self.inbox / name

    def move_to(self, name: str) -> None:
        self.inbox = self.inbox.rename(self.inbox.with_name(name))

    def fill_the_disk(self) -> None:
        self.room = NO_ROOM

    def fresh(self) -> Monday:
        """The delivery asked for again, and nothing out of the ordinary."""
        shutil.rmtree(self.inbox.parent, ignore_errors=True)
        inbox = self.inbox.with_name(self.clean.name)
        shutil.copytree(self.clean, inbox)
        return Monday(self.number, self.weeks, inbox)


@dataclass
class Line:
    """What the report says of a week; `sizes` are bytes by kind of file."""

    day: str
    happened: list[str]
    nb_cells: int
    sizes: dict[str, int]
    seconds: float


@dataclass
class Year:
    """The year: what was delivered, what must be published, and what went wrong on the way."""

    folder: Path
    seed: int
    nb_weeks: int
    # The models' SQL, run by DuckDB in place of dbt, without publications: the tests' short year.
    compiled: CompiledProject | None = None
    build_every: int = 1
    nb_faults: int = 4  # each week
    nb_kills: int = 4  # loads killed each week
    lines: list[Line] = field(default_factory=list)
    # By edition: the figures of each release, and the bytes of each file, as digests.
    releases: dict[date, list[str]] = field(default_factory=dict)
    editions: dict[str, str] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)  # what happened, how often
    told: Counter[str] = field(default_factory=Counter)  # what messages told her to do, how often
    resumed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.pipeline = Pipeline(self.folder / "run")
        self.commands = Commands(self.pipeline, self.random)
        self.delivered = oracle.Drop()
        self.cells: oracle.Cells = {}  # of the oracle, for what is delivered
        self.expected: Expected = {}
        self.happened: list[str] = []
        self.deck: list[str] = []
        self.events: list[str] = []

    def run(self, show: Callable[[Year], None] = lambda year: None) -> None:
        """Live through every week that is left."""
        if not (self.folder / "weeks").exists():
            write_sample(
                self.folder / "weeks",
                scale=0.002,
                seed=self.seed,
                until=date(2022, 9, 1),
                nb_weeks=self.nb_weeks,
            )
        self.weeks = sorted((self.folder / "weeks").glob("2*"))
        self.pipeline.folder.mkdir(exist_ok=True)
        for number in range(len(self.lines) + 1, self.nb_weeks + 1):
            began = time.monotonic()
            self.happened = []
            nb_cells = self.live(number)
            if number % 13 == 2 or number == self.nb_weeks:
                self.check_persons(number)
            self.kinds.update(self.happened)
            day = self.weeks[number - 1].name
            seconds = time.monotonic() - began
            self.lines.append(Line(day, self.happened, nb_cells, self.sizes(), seconds))
            self.keep()
            show(self)
        self.check_editions()

    def keep(self) -> None:
        """Keep everything as it is after a whole week, to go on from there."""
        new, kept = self.folder / "kept.new", self.folder / "kept"
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(self.pipeline.folder, new)
        (new / "year.pickle").write_bytes(pickle.dumps(self))
        shutil.rmtree(kept, ignore_errors=True)
        new.rename(kept)

    @staticmethod
    def resume(folder: Path, why: str) -> Year:
        """Go on after the last whole week."""
        kept = (folder / "kept" / "year.pickle").read_bytes()
        year: Year = pickle.loads(kept)  # noqa: S301 (written by this run)
        shutil.rmtree(year.pipeline.folder, ignore_errors=True)
        shutil.copytree(folder / "kept", year.pipeline.folder)
        (year.pipeline.folder / "year.pickle").unlink()
        year.resumed.append(f"after {year.lines[-1].day}: {why}")
        return year

    def live(self, number: int) -> int:
        """One week; return how many cells were compared."""
        inbox = self.folder / "inbox" / "x"
        inbox.mkdir(parents=True, exist_ok=True)
        monday = Monday(number, self.weeks, inbox).fresh()
        event = self.drawn_event(monday)
        if event == "no delivery":
            self.happened.append(event)
        else:
            self.load_through_faults(monday)
            self.deliver(monday.clean)
            if event in BEFORE_THE_BUILD:
                self.happened.append(event)
                BEFORE_THE_BUILD[event](self, monday.fresh())
        if number % self.build_every:
            return 0
        if self.compiled:
            self.compiled.build(self.pipeline.warehouse, only=SHORT_YEAR)
            return self.check()
        if event == "no delivery":
            self.must_succeed("publish", "--check")  # nothing has changed: as `make build` does
        else:
            self.build()
        if event in WHILE_PUBLISHING:
            self.happened.append(event)
            with WHILE_PUBLISHING[event](self):
                self.publish()
        else:
            self.publish()
        nb_cells = self.check()
        if event in AFTER_THE_PUBLICATION:
            self.happened.append(event)
            AFTER_THE_PUBLICATION[event](self, monday.fresh())
            nb_cells += self.check()
        return nb_cells

    def drawn_event(self, monday: Monday) -> str:
        events = [*BEFORE_THE_BUILD, *WHILE_PUBLISHING, *AFTER_THE_PUBLICATION, "no delivery"]
        if not self.events:
            self.events = self.random.sample(events, len(events))
        return self.events.pop() if monday.number > 1 else ""

    def drawn_faults(self, monday: Monday) -> Iterator[str]:
        """The next faults of the deck that can happen this week; the others wait."""

        def possible() -> list[str]:
            return [
                name
                for name in dict.fromkeys(self.deck)
                if monday.source(FAULTS[name].needs).is_dir()
                and monday.number >= FAULTS[name].from_week
            ]

        if len(possible()) < self.nb_faults:
            self.deck += self.random.sample(list(FAULTS), len(FAULTS))
        for name in possible()[: self.nb_faults]:
            self.deck.remove(name)
            yield name

    def load_through_faults(self, monday: Monday) -> None:
        drawn = list(self.drawn_faults(monday))
        self.happened += drawn
        # What is refused comes first, for what is loaded already is not looked into again; a fault
        # of another source comes last, for it lets the archive be loaded.
        refused = [name for name in drawn if FAULTS[name].said is not None]
        for name in sorted(refused, key=lambda name: FAULTS[name].needs != "asp_fluxiae"):
            monday = self.spoilt(monday, name)
            done = self.load(monday)
            self.must(done.code == 1 and "Error: " in done.said, name, done)
            self.must(re.search(FAULTS[name].said or "", done.said) is not None, name, done)
            self.told["asked for the delivery again, or set right what the message names"] += 1
        # What is taken as it is must give the figures: the delivery is not loaded clean after it.
        taken = [name for name in drawn if FAULTS[name].said is None] or [""]
        first = self.spoilt(monday, taken[0])
        for _ in range(self.nb_kills):
            self.commands.killed("load", first.inbox, **first.variables)
        for name in taken:
            self.must_load(self.spoilt(monday, name), name)

    def spoilt(self, monday: Monday, name: str) -> Monday:
        """The delivery with a fault, or clean."""
        monday = monday.fresh()
        if name:
            FAULTS[name].spoil(monday)
        return monday

    def load(self, monday: Monday, *options: str) -> Done:
        words: tuple[str | Path, ...] = ("load", monday.inbox, *options)
        if monday.room is not None:
            words += ("--accept",)  # else figures that fall would be refused first
            return self.commands.on_a_full_disk(*words, room=monday.room, **monday.variables)
        return self.commands.run(*words, **monday.variables)

    def must_load(self, monday: Monday, what: str = "load") -> None:
        """Load what is as it was sent; accept it where a message says so of its figures."""
        done = self.load(monday)
        self.must(done.code in (0, 1), what, done)
        if "--accept" in done.said:
            self.told["looked at the figures that fall, then loaded with --accept"] += 1
            done = self.load(monday, "--accept")
        self.must(done.code == 0, what, done)

    def deliver(self, folder: Path) -> None:
        """Count what is delivered by now."""
        self.delivered = read_into(self.delivered, folder, self.folder)
        self.cells, _ = oracle.count(self.delivered)
        self.expected = {}

    def build(self) -> None:
        # A build costs as much as ten loads: it is killed in one week of eight.
        if self.random.random() < 1 / 8:
            self.commands.killed("build")
        self.must_succeed("build")

    def publish(self) -> None:
        self.commands.killed("publish")
        # What was killed may have kept the edition: the message says to build again.
        done = self.commands.run("publish")
        if done.code == 1 and "run dbt build" in done.said:
            self.told["built again"] += 1
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
        path = self.pipeline.warehouse if self.compiled else self.pipeline.published
        return self.pipeline.query(sql, path=path)

    def counted(self) -> Expected:
        """Every figure of every mart as the oracle counts it, once for what is delivered."""
        if not self.expected:
            self.expected = {
                mart: (key, columns, count(self.delivered, self.cells))
                for mart, (key, columns, count) in oracle_beyond.MARTS.items()
                if mart in SHORT_YEAR or not self.compiled
            }
        return self.expected

    def check(self) -> int:
        """Compare every figure with the oracle's; return how many cells there are."""
        for mart, (key, columns, rows) in self.counted().items():
            cells = self.query(f"select {key}, {columns} from marts.{mart}")
            if differing := differences(by_key(cells, key), rows):
                raise YearError(f"{mart}: {'; '.join(differing)}")
        return sum(len(rows) for _, _, rows in self.counted().values())

    @property
    def archive(self) -> Path:
        return self.pipeline.published.with_name("editions")

    def keep_in_mind(self) -> None:
        """Compare the edition that was published now with the oracle; keep digests of both."""
        drop = self.delivered
        extracts = (drop.fluxiae, *drop.geiq.values())
        dates = [one.extract_date for one in extracts if one] + [drop.iti[0]] * bool(drop.iti)
        releases = self.releases.setdefault(max(dates), [])
        cells = {cell: what for cell, what in self.cells.items() if cell[1][0] in "DN"}
        digest = sha256(repr(sorted(cells.items())).encode()).hexdigest()
        if releases and releases[-1] == digest:
            return
        releases.append(digest)
        file = self.archive / f"{max(dates)}_release_{len(releases)}.parquet"
        with duckdb.connect() as connection:
            rows = connection.execute(
                "select month, territory_id, structure_type, stock, is_provisional"
                " from read_parquet(?)",
                [str(file)],
            ).fetchall()
        if {row[:3]: row[3:] for row in rows} != cells:
            raise YearError(f"editions: {file.name} is not what was published")
        self.editions[file.name] = sha256(file.read_bytes()).hexdigest()

    def check_editions(self) -> None:
        """The archive holds what was published, all of it and nothing else."""
        found = {
            path.name: sha256(path.read_bytes()).hexdigest() for path in self.archive.glob("*")
        }
        if found != self.editions:
            names = sorted({name for name, _ in found.items() ^ self.editions.items()})
            raise YearError(f"editions: {names} are there, are missing or have changed")

    def check_persons(self, number: int) -> None:
        """No name and no number of a person is in any file."""
        [archive] = (self.weeks[number - 1] / "asp_fluxiae").iterdir()
        files = unpacked(archive)
        salarie = self.folder / "salarie.csv"
        salarie.write_bytes(files[table(files, "Salarie")])
        numbers, names = persons_of(salarie)
        salarie.unlink()
        for path in self.pipeline.folder.rglob("*"):
            if path.is_file() and holds_a_person(path.read_bytes(), numbers, names):
                raise YearError(f"{path}: holds the number or the name of a person")

    def sizes(self) -> dict[str, int]:
        """Bytes on disk by kind of file."""
        sizes: Counter[str] = Counter()
        for path in self.pipeline.folder.rglob("*"):
            if path.is_file():
                top, *below = path.relative_to(self.pipeline.folder).parts
                kind = f"{top}/{below[0]}" if top == "warehouse" else top
                sizes[kind] += path.stat().st_size
        return dict(sizes)

    @property
    def growth(self) -> float:
        """Size of the working file at the end, over that after the second week."""
        name = "warehouse/build.duckdb"
        return self.lines[-1].sizes[name] / self.lines[1].sizes[name]


# What else happens


def twice_at_once(year: Year, *words: str | Path, busy: str) -> None:
    """Both succeed, or one is told that the other is at work."""
    both = [year.commands.begun(*words) for _ in range(2)]
    for done in [one.ended() for one in both]:
        is_told = done.code == 1 and busy in done.said
        year.must(done.code == 0 or is_told, f"{words[0]}, twice at once", done)


def two_loads(year: Year, monday: Monday) -> None:
    twice_at_once(year, "load", monday.inbox, busy="is in use by")
    year.must_load(monday)


def rollback(year: Year, monday: Monday) -> None:
    year.commands.killed("rollback", "asp_fluxiae")
    year.must_load(monday)
    done = year.commands.run("rollback", "asp_fluxiae")
    # Two files of one date may be all that is kept, the later one loaded first.
    is_told = done.code == 1 and "no earlier extract is kept" in done.said
    year.must(done.code == 0 or is_told, "rollback", done)
    year.must_load(monday)


def lost_warehouse(year: Year, monday: Monday) -> None:
    """The working file is gone: what was delivered is loaded again."""
    for path in year.pipeline.warehouse.parent.glob("build.duckdb*"):
        path.unlink()
    absent = {line.day for line in year.lines if "no delivery" in line.happened}
    weeks = [week for week in year.weeks[: monday.number] if week.name not in absent]
    folders: list[Path] = []
    for source in sorted({path.name for week in weeks for path in week.glob("*/")}):
        there = [week / source for week in weeks if (week / source).is_dir()]
        # Oldest first: two extracts, but all the lists.
        folders += there if source == "geiq" else there[-2:]
    done = year.commands.run("load", *folders, "--accept")
    year.must(done.code == 0, "load of all", done)


def full_while_building(year: Year, monday: Monday) -> None:
    done = year.commands.on_a_full_disk("build", room=NO_ROOM)
    year.must(done.code == 1, "build on a full disk", done)


def correction(year: Year, monday: Monday) -> None:
    """Load the same extract once more, with some of its states taken back."""

    def change(files: dict[str, bytes]) -> None:
        name = table(files, "EtatMensuelIndiv")
        lines = files[name].splitlines(keepends=True)
        kept = [line for rank, line in enumerate(lines) if rank < 3 or rank % 40]
        files[name] = b"".join(kept[:-1] if kept[-1].startswith(b"FIN") else kept)

    repacked(monday.archive, change)
    year.must_load(monday)
    year.deliver(monday.inbox)
    year.build()
    year.publish()


@contextmanager
def full_while_publishing(year: Year) -> Iterator[None]:
    done = year.commands.on_a_full_disk("publish", room=NO_ROOM)
    year.must(done.code == 1, "publication on a full disk", done)
    yield


@contextmanager
def reader_all_week(year: Year) -> Iterator[None]:
    """Somebody keeps the published file open while the next one is published."""
    sql = "select sum(stock) from marts.fct_stock_by_structure_type"
    with duckdb.connect(str(year.pipeline.published), read_only=True) as connection:
        before = connection.execute(sql).fetchall()
        yield
        if connection.execute(sql).fetchall() != before:
            raise YearError("a reader saw another edition than the one that was opened")


BEFORE_THE_BUILD: dict[str, Callable[[Year, Monday], None]] = {
    "two loads at once": two_loads,
    "a rollback": rollback,
    "the working file lost": lost_warehouse,
    "a full disk while building": full_while_building,
}
WHILE_PUBLISHING: dict[str, Callable[[Year], AbstractContextManager[None]]] = {
    "a full disk while publishing": full_while_publishing,
    "a reader all week": reader_all_week,
}
AFTER_THE_PUBLICATION: dict[str, Callable[[Year, Monday], None]] = {
    "a correction": correction,
    "two publications at once": lambda year, _: twice_at_once(year, "publish", busy="under way"),
}
