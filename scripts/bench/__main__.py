"""Measure the project, the script by hand and the floor on one sample; compare their cells.

Usage: ``python -m bench [--scale 1] [--repetitions 3] [--folder bench]`` (``make bench SCALE=1``)

Everything lies under ``bench/scale-<scale>``: the sample, kept between runs, the warehouses, and
the results as JSON and as a chart of the stages.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from bench.direct import TABLES
from iae.console import table_of

ROOT = Path(__file__).parents[2]
DBT = str(Path(sys.executable).with_name("dbt"))
NO_TESTS = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
MIB = 1 << 20
VARIANTS = {
    "project": "(a) load + build + publish",
    "tested": "(b) the same and its tests",
    "direct": "(c) script by hand",
    "floor": "(d) files read once",
}
console = Console(width=100 if not sys.stdout.isatty() else None)


class CommandError(Exception):
    """A measured command failed; the message is the end of what it printed."""


@dataclass(frozen=True)
class Measure:
    """What one command took: wall-clock and processor seconds, MiB of its largest process."""

    seconds: float
    processor_seconds: float
    peak_mib: float


Run = dict[str, Measure]  # by command


def summary(run: Run) -> dict[str, float]:
    """Return the seconds of all commands, and the MiB of the largest process."""
    return {
        "seconds": sum(one.seconds for one in run.values()),
        "processor_seconds": sum(one.processor_seconds for one in run.values()),
        "peak_mib": max(one.peak_mib for one in run.values()),
    }


class Bench:
    """The measurements at one scale, in a folder of their own."""

    def __init__(self, folder: Path, scale: float) -> None:
        self.folder = folder.resolve() / f"scale-{scale:g}"
        self.scale = scale
        self.drop = self.folder / "drop"
        self.warehouse = self.folder / "warehouse" / "build.duckdb"
        self.cells = self.folder / "cells"
        self.stages: dict[str, float] = {}
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "scripts"),
            "DBT_PROFILES_DIR": str(ROOT),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "target"),
            "DO_NOT_TRACK": "1",
            "IAE_WAREHOUSE": str(self.warehouse),
        }

    def measured(self, command: list[str]) -> Measure:
        """Run a command from the root and measure it; raise CommandError when it fails."""
        start = time.perf_counter()
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            printed = process.stdout.read() if process.stdout else ""
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise CommandError(f"{' '.join(command)}\n{printed[-2000:]}")
        return Measure(
            time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        )

    def iae(self, *arguments: str) -> list[str]:
        """Return the command line of an ``iae`` command."""
        return [sys.executable, "-m", "iae", *arguments]

    def write_sample(self) -> None:
        """Write the sample of this scale once, whole or not at all."""
        if not self.drop.exists():
            console.print(f"Writing the sample at scale {self.scale:g} …")
            unfinished = self.folder / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            command = self.iae("sample", str(unfinished), "--scale", f"{self.scale:g}")
            took = self.measured(command)
            unfinished.rename(self.drop)
            console.print(f"… in {took.seconds:.0f} s")

    def project(self) -> dict[str, Run]:
        """Load, build, test and publish in a fresh warehouse: with the tests, and without."""
        shutil.rmtree(self.warehouse.parent, ignore_errors=True)
        load = self.measured(self.iae("load", str(self.drop)))
        build = self.measured([DBT, "--quiet", "build", *NO_TESTS])
        self.stages = self._stages_of_load(load.seconds) | self._stages_of_build(build.seconds)
        tests = self.measured([DBT, "--quiet", "test"])
        publish = self.measured(self.iae("publish"))
        self.stages |= {"tests": tests.seconds, "publish": publish.seconds}
        untested = {"load": load, "build": build, "publish": publish}
        return {"project": untested, "tested": untested | {"tests": tests}}

    def script(self, name: str, *arguments: str) -> dict[str, Run]:
        """Run a script of this package on the drop."""
        command = [sys.executable, "-m", f"bench.{name}", str(self.drop), *arguments]
        return {name: {name: self.measured(command)}}

    def direct(self) -> dict[str, Run]:
        """Compute the cells by hand; nothing where memory does not hold them (scale 16)."""
        try:
            return self.script("direct", str(self.cells))
        except CommandError as error:
            if "OutOfMemoryException" not in str(error):
                raise
            console.print("The script by hand ran out of memory: it is left out.")
            return {}

    def floor(self) -> dict[str, Run]:
        """Read the files once."""
        return self.script("floor")

    def everyday(self) -> dict[str, float]:
        """Return the seconds of what is done all day on a warehouse that is built."""
        loop = {
            "dbt build of one mart": [DBT, "--quiet", "build", "--select", "fct_composite_stock"],
            "dbt compile": [DBT, "--quiet", "compile"],
            "iae status": self.iae("status"),
            "iae load of what is loaded": self.iae("load", str(self.drop)),
        }
        return {name: self.measured(command).seconds for name, command in loop.items()}

    def count(self) -> dict[str, int]:
        """Return what was worked on: bytes and rows of the drop, cells, bytes of the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            [rows] = connection.execute("select sum(nb_rows) from raw.extract_files").fetchall()
        published = self.warehouse.with_name("iae.duckdb")
        return {
            "bytes_of_drop": sum(f.stat().st_size for f in self.drop.rglob("*") if f.is_file()),
            "rows": int(rows[0]),
            "bytes_of_warehouse": self.warehouse.stat().st_size,
            "bytes_published": published.stat().st_size,
        }

    def compare(self) -> dict[str, tuple[int, int]]:
        """Return the number of rows of each table, and of those that differ from the script's."""
        compared = {}
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            for table in TABLES:
                theirs = connection.read_parquet(str(self.cells / f"{table}.parquet"))
                ours = connection.table(f"marts.{table}").select(*theirs.columns)
                nb_different = len(ours.except_(theirs)) + len(theirs.except_(ours))
                compared[table] = (len(theirs), nb_different)
        return compared

    def _stages_of_load(self, whole: float) -> dict[str, float]:
        """Split the seconds of the load by table, as the loader recorded them."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            tables = connection.execute(
                """
                select 'load: ' || table_name as stage, sum(seconds) as seconds
                from raw.extract_files
                group by table_name
                having sum(seconds) >= 0.02 * $whole
                """,
                {"whole": whole},
            ).fetchall()
        stages = dict(tables)
        return stages | {"load: the rest": max(0.0, whole - sum(stages.values()))}

    def _stages_of_build(self, whole: float) -> dict[str, float]:
        """Split the seconds of the build by node: two threads share its wall-clock time."""
        results = json.loads((self.folder / "target" / "run_results.json").read_text("utf-8"))
        idle = max(0.0, whole - results["elapsed_time"])
        busy = sum(result["execution_time"] for result in results["results"])
        stages = {"build: start of dbt": idle, "build: the rest": 0.0}
        for result in results["results"]:
            share = result["execution_time"] / busy * (whole - idle)
            is_large = share > 0.02 * whole
            name = result["unique_id"].split(".")[2] if is_large else "the rest"
            stages[f"build: {name}"] = stages.get(f"build: {name}", 0) + share
        return stages


def machine() -> dict[str, Any]:
    """Describe the machine in what matters here."""
    cpuinfo = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "load_average_at_start": os.getloadavg()[0],
    }


def median_of(runs: list[Run]) -> dict[str, float]:
    """Return the median seconds of some runs, with the largest peak of all."""
    summaries = [summary(run) for run in runs]
    medians = {name: statistics.median(one[name] for one in summaries) for name in summaries[0]}
    return medians | {"peak_mib": max(one["peak_mib"] for one in summaries)}


def show(results: dict[str, Any]) -> None:
    """Print the results of one scale as tables."""
    rows, runs = results["counts"]["rows"], results["variants"]
    numbers = ["seconds", "× (c)", "× (d)", "processor s", "peak MiB", "rows/s"]
    table = table_of("what", right=numbers, title=f"Scale {results['scale']:g}: {rows:,} rows")
    for name, run in runs.items():
        seconds = run["seconds"]
        table.add_row(
            VARIANTS[name],
            f"{seconds:.1f}",
            f"{seconds / runs['direct']['seconds']:.2f}" if "direct" in runs else "",
            f"{seconds / runs['floor']['seconds']:.1f}",
            f"{run['processor_seconds']:.1f}",
            f"{run['peak_mib']:,.0f}",
            f"{rows / seconds:,.0f}",
        )
    for name, seconds in results["everyday"].items():
        table.add_row(name, f"{seconds:.1f}", "", "", "", "", "")
    console.print(table)
    counts, cells = results["counts"], results["cells"]
    console.print(
        f"Drop {counts['bytes_of_drop'] / MIB:,.0f} MiB, "
        f"warehouse {counts['bytes_of_warehouse'] / MIB:,.0f} MiB, "
        f"published {counts['bytes_published'] / MIB:,.1f} MiB; "
        f"{sum(number for number, _ in cells.values()):,} rows compared, "
        f"{sum(different for _, different in cells.values())} different."
    )


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw where the time goes: the stages of the project beside the script and the floor."""
    import altair

    stages = results["stages"]
    data = [{"stage": stage, "seconds": round(seconds, 2)} for stage, seconds in stages.items()]
    order = sorted(stages, key=lambda stage: (not stage.startswith("load"), stage))
    bars = (
        altair.Chart(altair.InlineData(values=data))
        .mark_bar()
        .encode(
            x=altair.X("seconds:Q", title="seconds"),
            y=altair.Y("stage:N", sort=order, title=None, axis=altair.Axis(labelLimit=320)),
            color=altair.Color("stage:N", legend=None, scale=altair.Scale(scheme="tableau20")),
        )
        # Room on the left: a reader's font may be wider than the one measured here.
        .properties(width=420, title=f"Where the time goes, scale {results['scale']:g}", padding=30)
    )
    bars.save(str(path))


def main() -> int:
    """Measure one scale; return 1 when the cells differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / "bench")
    options = parser.parse_args()
    bench = Bench(options.folder, options.scale)
    bench.folder.mkdir(parents=True, exist_ok=True)
    described = machine()
    bench.write_sample()
    runs: dict[str, list[Run]] = {name: [] for name in VARIANTS}
    try:
        for repetition in range(options.repetitions):
            for measure in (bench.floor, bench.direct, bench.project):
                for name, run in measure().items():
                    runs[name].append(run)
                    console.print(
                        f"{repetition + 1}/{options.repetitions} {VARIANTS[name]}: "
                        f"{summary(run)['seconds']:.1f} s, {summary(run)['peak_mib']:,.0f} MiB"
                    )
        everyday = bench.everyday()
    except CommandError as error:
        console.print(f"A measured command failed: {error}", markup=False)
        return 1
    cells = bench.compare() if runs["direct"] else {}
    results = {
        "scale": options.scale,
        "machine": described,
        "variants": {name: median_of(found) for name, found in runs.items() if found},
        "commands": {
            name: [{command: asdict(took) for command, took in run.items()} for run in found]
            for name, found in runs.items()
        },
        "stages": bench.stages,
        "everyday": everyday,
        "counts": bench.count(),
        "cells": cells,
    }
    (bench.folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    draw(results, bench.folder / "stages.svg")
    show(results)
    console.print(f"Results: {bench.folder}/results.json, chart: stages.svg")
    return int(any(different for _, different in cells.values()))


if __name__ == "__main__":
    sys.exit(main())
