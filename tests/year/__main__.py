"""Live through a year: `python -m year --weeks 52 --seed 1`; write a report of it."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

from year.monday import Line, Year


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(".year"))
    parser.add_argument("--without-tests", action="store_true")
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    report = options.folder / "report.md"
    report.write_text(
        "| delivered | what happened | cells compared | MB | s |\n|---|---|---|---|---|\n", "utf-8"
    )

    def show(line: Line) -> None:
        text = (
            f"| {line.day} | {'; '.join(line.happened)} | {line.nb_cells:,} |"
            f" {line.size / 1e6:.1f} | {line.seconds:.0f} |"
        )
        print(text, flush=True)
        with report.open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    began = time.monotonic()
    year = Year(
        options.folder.resolve(), options.seed, options.weeks, options.without_tests, show=show
    )
    year.run()
    nb_seconds = time.monotonic() - began
    print(
        f"{options.weeks} weeks, seed {options.seed}: 0 differences,"
        f" {year.commands.nb_kills} kills,"
        f" the working file {year.growth:.2f} times its size of week 2, {nb_seconds:.0f} s."
    )


if __name__ == "__main__":
    main()
