"""How a path is read, wherever it is given: a variable, an argument, the profile of dbt."""

import os
from pathlib import Path

from iae.errors import IaeError

WAREHOUSE = Path("warehouse/build.duckdb")
PUBLISHED_NAME = "iae.duckdb"


def as_path(text: str | os.PathLike[str]) -> Path:
    """Return the path that a text names: `~` is the home, all else stands as it is."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:  # no such user
        return path


def path_from(variable: str, default: Path) -> Path:
    """Return the path in an environment variable, `default` where it is not set or empty."""
    return as_path(os.environ.get(variable) or default)


def warehouse_path() -> Path:
    """Return the path of the working database: IAE_WAREHOUSE, else warehouse/build.duckdb."""
    return path_from("IAE_WAREHOUSE", WAREHOUSE)


def published_path(warehouse: Path) -> Path:
    """Return the path of the file that analysts read.

    Raise IaeError if it is the working file, or a folder is in its place.
    """
    path = warehouse.with_name(PUBLISHED_NAME)
    if path == warehouse:
        raise IaeError(
            f"{warehouse}: is the name of the published file; set IAE_WAREHOUSE to another."
        )
    if path.is_dir():
        raise IaeError(f"{path}: is a folder, in the place of the published file; move it away.")
    return path
