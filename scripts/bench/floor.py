"""The floor: DuckDB reads the files that the reference reads, once, and keeps nothing.

Usage: ``python -m bench.floor DROP``
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import duckdb

from bench.direct import flux_files, flux_rows


def read_once(drop: Path, memory: str, threads: int) -> int:
    """Parse the columns that count in the five tables of the ASP; return the number of rows."""
    con = duckdb.connect(config={"memory_limit": memory, "threads": threads})
    total = 0
    with tempfile.TemporaryDirectory() as workspace:
        for table, path in flux_files(drop / "asp_fluxiae", Path(workspace)).items():
            with flux_rows(table, path) as rows:
                counted = ", ".join(f"count({rows.places[name]})" for name in rows.wanted)
                found = con.execute(
                    f"select count(*), {counted} from {rows.relation}", {"name": rows.name}
                ).fetchone()
                total += found[0] if found else 0
    return total


def main() -> None:
    """Read a drop once and say how many rows it has."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("drop", type=Path)
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    print(f"{read_once(options.drop, options.memory, options.threads):,} rows")


if __name__ == "__main__":
    main()
