"""Sharing a publication: the lake is written by a Python that has the extensions for it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from iae.errors import IaeError, printable
from iae.faults import check_published

# A script and not a module: the DuckDB of this Python must not be found by the other one.
SCRIPT = Path(__file__).with_name("lake.py")


@dataclass(frozen=True)
class Share:
    """What was shared: which edition, as which version of the lake, after which one."""

    edition: str
    version: int
    rows: dict[str, int]
    before: str | None
    is_new: bool


def lake_python() -> Path:
    """Return the Python that writes the lake, in the environment beside the one that runs."""
    home = Path(sys.prefix)
    place = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return home.with_name(f"{home.name}-share") / place


def share(published: Path, folder: Path) -> Share:
    """Write the published file as the next version of a lake; raise IaeError if it fails."""
    check_published(published)
    python = lake_python()
    if not python.exists():
        raise IaeError(f"{python}: is missing; run make setup-share.")
    done = subprocess.run(
        [python, SCRIPT, published.resolve(), folder.resolve()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The lake was not written.\n{done.stderr}")
    told = json.loads(done.stdout)
    if "refused" in told:
        raise IaeError(printable(told["refused"]))
    return Share(**told)
