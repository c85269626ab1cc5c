"""Live through a year: `python -m year --weeks 52 --seed 1`; write a report of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from year.faults import FAULTS
from year.monday import Year


def report(year: Year) -> str:
    """The year so far: a line a week, how often each thing happened, what is on disk, a summary."""
    lines = [
        "| delivered | what happened | cells compared | MB | s |",
        "|---|---|---|---|---|",
        *(
            f"| {line.day} | {'; '.join(line.happened)} | {line.nb_cells:,} |"
            f" {line.sizes['warehouse/build.duckdb'] / 1e6:.0f} | {line.seconds:.0f} |"
            for line in year.lines
        ),
    ]
    lines += ["", "| what happened | times |", "|---|---|"]
    lines += [
        f"| {name} | {year.kinds[name]} |" for name in sorted(year.kinds | dict.fromkeys(FAULTS, 0))
    ]
    weeks = sorted(
        {2, (len(year.lines) + 2) // 2, len(year.lines)} & {*range(1, len(year.lines) + 1)}
    )
    lines += ["", f"| MB on disk | {' | '.join(f'week {week}' for week in weeks)} |"]
    lines += ["|---" * (len(weeks) + 1) + "|"]
    for kind in sorted(year.lines[-1].sizes):
        sizes = [year.lines[week - 1].sizes.get(kind, 0) / 1e6 for week in weeks]
        lines += [f"| {kind} | {' | '.join(f'{size:.2f}' for size in sizes)} |"]
    lines += ["", *(f"- {nb} times she {what}." for what, nb in sorted(year.told.items()))]
    lines += [f"- Resumed {what}." for what in year.resumed]
    faults = {name: nb for name, nb in year.kinds.items() if name in FAULTS}
    kills = ", ".join(f"{nb} {name}" for name, nb in sorted(year.commands.kills.items()))
    growth = f"{year.growth:.2f}" if len(year.lines) > 1 else "?"
    lines += [
        "",
        f"Seed {year.seed}, {len(year.lines)} weeks of {year.nb_weeks}:"
        f" {sum(line.nb_cells for line in year.lines):,} figures compared, 0 differ;"
        f" {year.commands.kills.total()} kills ({kills}); {sum(faults.values())} faults of"
        f" {len(faults)} kinds, each {min(faults.values(), default=0)} times or more;"
        f" the working file is {growth} times as large as after week 2;"
        f" {sum(line.seconds for line in year.lines) / 60:.0f} minutes.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", metavar="WHY", help="go on after the last whole week")
    options = parser.parse_args()
    folder = Path(".year").resolve()

    def show(year: Year) -> None:
        (folder / "report.md").write_text(report(year), "utf-8")
        line = year.lines[-1]
        print(f"{line.day} {line.seconds:.0f} s: {'; '.join(line.happened)}", flush=True)

    if options.resume:
        year = Year.resume(folder, options.resume)
    elif folder.is_dir() and any(folder.iterdir()):
        parser.error(f"{folder} holds a year: go on with it (RESUME=why) or remove it.")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        year = Year(folder, options.seed, options.weeks)
    year.run(show)
    print(report(year).splitlines()[-1])


if __name__ == "__main__":
    main()
