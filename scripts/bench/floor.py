"""The floor: DuckDB reads the files that the reference reads, once, and keeps nothing.

Usage: ``python -m bench.floor DROP``
"""

import sys
from pathlib import Path

import duckdb

from bench.direct import flux_files, flux_rows


def main() -> None:
    """Parse the columns that count in the five tables of the ASP, and say how many rows."""
    con = duckdb.connect(config={"memory_limit": "2GB", "threads": 2})
    total = 0
    for table, path in flux_files(Path(sys.argv[1])).items():
        with flux_rows(table, path) as rows:
            counted = ", ".join(f"count(c{place})" for place in rows.places.values())
            [[nb_rows, *_]] = con.execute(
                f"select count(*), {counted} from {rows.relation}", {"name": rows.name}
            ).fetchall()
            total += nb_rows
    print(f"{total:,} rows")


if __name__ == "__main__":
    main()
