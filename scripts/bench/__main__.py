"""Measure the project, the script by hand and the floor on one sample; compare their cells.

Usage: ``python -m bench [--scale 1] [--repetitions 3] [--folder bench]`` (``make bench SCALE=1``)

Everything lies under ``bench/scale-<scale>``: the sample, kept between runs, the warehouses, and
the results as JSON and as a chart of the stages.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
DBT = str(Path(sys.executable).with_name("dbt"))
NO_TESTS = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
NO_UNIT_TESTS = ["--exclude-resource-type", "unit_test"]
MIB = 1 << 20
VARIANTS = {
    "project": "(a) load + build + publish",
    "tested": "(b) the same with data tests",
    "direct": "(c) script by hand",
    "floor": "(d) files read once",
}
console = Console(width=100 if not sys.stdout.isatty() else None)


@dataclass
class Run:
    """One measured run: wall-clock and processor seconds, largest process, seconds by stage."""

    seconds: float = 0
    processor_seconds: float = 0
    peak_mib: float = 0
    stages: dict[str, float] = field(default_factory=dict)


class CommandError(Exception):
    """A measured command failed; the message is the end of what it printed."""


@dataclass(frozen=True)
class Measure:
    """What one command took: wall-clock and processor seconds, MiB of its largest process."""

    seconds: float
    processor_seconds: float
    peak_mib: float


def measured(command: list[str], environment: dict[str, str]) -> Measure:
    """Run a command from the root and measure it; raise CommandError when it fails."""
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
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


class Bench:
    """The measurements at one scale, in a folder of their own."""

    def __init__(self, folder: Path, scale: float) -> None:
        self.folder = folder.resolve() / f"scale-{scale:g}"
        self.scale = scale
        self.drop = self.folder / "drop"
        self.warehouse = self.folder / "warehouse" / "build.duckdb"
        self.cells = self.folder / "cells.parquet"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "scripts"),
            "DBT_PROFILES_DIR": str(ROOT),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "target"),
            "DO_NOT_TRACK": "1",
            "IAE_WAREHOUSE": str(self.warehouse),
        }

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
            took = measured(command, self.environment)
            unfinished.rename(self.drop)
            console.print(f"… in {took.seconds:.0f} s")

    def project(self, build_options: list[str]) -> Run:
        """Load, build and publish in a fresh warehouse."""
        shutil.rmtree(self.warehouse.parent, ignore_errors=True)
        run = Run()
        self._stage(run, "load", self.iae("load", str(self.drop)))
        self._stage(run, "dbt build", [DBT, "--quiet", "build", *build_options])
        self._stage(run, "publish", self.iae("publish"))
        self._split_load(run)
        self._split_build(run)
        return run

    def direct(self) -> Run:
        """Compute the cells by hand."""
        run = Run()
        command = ["-m", "bench.direct", str(self.drop), str(self.cells)]
        self._stage(run, "direct", [sys.executable, *command])
        return run

    def floor(self) -> Run:
        """Read the files once."""
        run = Run()
        self._stage(run, "floor", [sys.executable, "-m", "bench.floor", str(self.drop)])
        return run

    def everyday(self) -> dict[str, float]:
        """Return the seconds of what is done all day on a warehouse that is built."""
        loop = {
            "dbt build of one mart": [DBT, "--quiet", "build", "--select", "fct_composite_stock"],
            "dbt compile": [DBT, "--quiet", "compile"],
            "iae status": self.iae("status"),
            "iae load of what is loaded": self.iae("load", str(self.drop)),
        }
        return {name: measured(command, self.environment).seconds for name, command in loop.items()}

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

    def nb_different_cells(self) -> tuple[int, int]:
        """Return the number of cells, and of those that the project and the script differ in."""
        columns = "month, territory_id, structure_type, stock, is_provisional"
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            found = connection.execute(
                f"""
                with
                ours as (select {columns} from marts.fct_stock_by_structure_type),
                theirs as (select {columns} from read_parquet($cells)),
                different as (
                    (from ours except all from theirs) union all (from theirs except all from ours)
                )
                select (select count(*) from theirs), (select count(*) from different)
                """,
                {"cells": str(self.cells)},
            ).fetchone()
        return found or (0, 0)

    def _stage(self, run: Run, name: str, command: list[str]) -> None:
        took = measured(command, self.environment)
        run.stages[name] = took.seconds
        run.seconds += took.seconds
        run.processor_seconds += took.processor_seconds
        run.peak_mib = max(run.peak_mib, took.peak_mib)

    def _split_load(self, run: Run) -> None:
        """Split the seconds of the load by table, as the loader recorded them."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            tables = connection.execute(
                """
                select if(sum(seconds) < 0.02 * $whole, 'load: the rest', 'load: ' || table_name)
                    as stage, sum(seconds)
                from (
                    select source, table_name, sum(seconds) as seconds
                    from raw.extract_files
                    group by all
                )
                group by table_name, source
                """,
                {"whole": run.stages["load"]},
            ).fetchall()
        whole = run.stages.pop("load")
        for stage, seconds in tables:
            run.stages[stage] = run.stages.get(stage, 0) + seconds
        known = sum(s for name, s in run.stages.items() if name.startswith("load: "))
        run.stages["load: the rest"] = run.stages.get("load: the rest", 0) + max(0, whole - known)

    def _split_build(self, run: Run) -> None:
        """Split the seconds of the build by node: two threads share its wall-clock time."""
        results = json.loads((self.folder / "target" / "run_results.json").read_text("utf-8"))
        whole = run.stages.pop("dbt build")
        nodes: dict[str, float] = {}
        for result in results["results"]:
            kind, _, name = result["unique_id"].split(".")[:3]
            stage = name if kind == "model" else f"{kind}s"
            nodes[stage] = nodes.get(stage, 0) + result["execution_time"]
        busy = sum(nodes.values())
        idle = max(0.0, whole - results["elapsed_time"])
        for name, seconds in nodes.items():
            share = seconds / busy * (whole - idle)
            stage = f"build: {name}" if share > 0.02 * whole else "build: the rest"
            run.stages[stage] = run.stages.get(stage, 0) + share
        run.stages["build: start of dbt"] = idle


def machine() -> dict[str, Any]:
    """Describe the machine in what matters here."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [
            line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        processor = models[0].partition(":")[2].strip() if models else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "load_average_at_start": os.getloadavg()[0],
    }


def median_run(runs: list[Run]) -> Run:
    """Return the run of median seconds, with the largest peak of all."""
    middle = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
    return Run(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.processor_seconds for run in runs),
        max(run.peak_mib for run in runs),
        middle.stages,
    )


def show(results: dict[str, Any]) -> None:
    """Print the results of one scale as tables."""
    rows, runs = results["counts"]["rows"], results["variants"]
    table = Table(title=f"Scale {results['scale']:g}: {rows:,} rows")
    table.add_column("what")
    for name in ("seconds", "× (c)", "× (d)", "processor s", "peak MiB", "rows/s"):
        table.add_column(name, justify="right")
    for name, title in VARIANTS.items():
        seconds = runs[name]["seconds"]
        table.add_row(
            title,
            f"{seconds:.1f}",
            f"{seconds / runs['direct']['seconds']:.2f}",
            f"{seconds / runs['floor']['seconds']:.1f}",
            f"{runs[name]['processor_seconds']:.1f}",
            f"{runs[name]['peak_mib']:,.0f}",
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
        f"{cells['number']:,} cells, {cells['different']} of them different."
    )


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw where the time goes: the stages of the project beside the script and the floor."""
    import altair

    data = [
        {"variant": VARIANTS[name], "stage": stage, "seconds": round(seconds, 2)}
        for name in VARIANTS
        for stage, seconds in results["variants"][name]["stages"].items()
        if name in ("project", "tested")
    ]
    stages = sorted({d["stage"] for d in data}, key=lambda s: (not s.startswith("load"), s))
    bars = (
        altair.Chart(altair.InlineData(values=data))
        .mark_bar()
        .encode(
            x=altair.X("seconds:Q", title="seconds"),
            y=altair.Y("stage:N", sort=stages, title=None, axis=altair.Axis(labelLimit=320)),
            color=altair.Color("stage:N", legend=None, scale=altair.Scale(scheme="tableau20")),
        )
        .properties(width=420)
        .facet(
            row=altair.Row(
                "variant:N", title=None, header=altair.Header(labelAngle=0, labelOrient="top")
            )
        )
        .resolve_scale(y="independent")
        # Room on the left: a reader's font may be wider than the one measured here.
        .properties(title=f"Where the time goes, scale {results['scale']:g}", padding=30)
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
    measures: dict[str, Callable[[], Run]] = {
        "floor": bench.floor,
        "direct": bench.direct,
        "project": lambda: bench.project(NO_TESTS),
        "tested": lambda: bench.project(NO_UNIT_TESTS),
    }
    runs: dict[str, list[Run]] = {name: [] for name in measures}
    try:
        for repetition in range(options.repetitions):
            for name, measure in measures.items():
                runs[name].append(measure())
                console.print(
                    f"{repetition + 1}/{options.repetitions} {VARIANTS[name]}: "
                    f"{runs[name][-1].seconds:.1f} s, {runs[name][-1].peak_mib:,.0f} MiB"
                )
        everyday = bench.everyday()
    except CommandError as error:
        console.print(f"A measured command failed: {error}", markup=False)
        return 1
    number, different = bench.nb_different_cells()
    results = {
        "scale": options.scale,
        "machine": described,
        "variants": {name: asdict(median_run(found)) for name, found in runs.items()},
        "all_seconds": {name: [run.seconds for run in found] for name, found in runs.items()},
        "everyday": everyday,
        "counts": bench.count(),
        "cells": {"number": number, "different": different},
    }
    (bench.folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    draw(results, bench.folder / "stages.svg")
    show(results)
    console.print(f"Results: {bench.folder}/results.json, chart: stages.svg")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
