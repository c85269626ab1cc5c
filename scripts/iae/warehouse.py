"""The one module that opens the warehouse, and says why it does not open."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from iae.errors import IaeError, printable
from iae.faults import as_fault, is_damage

try:
    import pwd
except ImportError:  # Windows
    pwd = None  # type: ignore[assignment]

DEFAULT_MEMORY_LIMIT = "2GB"
# DuckDB calls a database after its file: these names are schemas of ours or of its own.
RESERVED_NAMES = {
    *("raw", "landing", "reference", "staging", "intermediate", "marts", "open_data", "semantic"),
    *("main", "temp", "system", "memory", "information_schema", "pg_catalog", "publication"),
}


@contextmanager
def opened(
    path: Path, wait_seconds: float = 0, read_only: bool = False, makes: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse, made where it is absent unless `read_only` or not `makes`.

    Wait up to `wait_seconds` for another process to let go of it, and say so. Its files are made
    readable by their owner only. Raise IaeError, which says why, when it cannot be opened.
    """
    refuse_name(path)
    makes = makes and not read_only
    if makes:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IaeError(
                f"{printable(path.parent)}: this folder of the warehouse cannot be made "
                f"({error.strerror}); check IAE_WAREHOUSE."
            ) from None
    umask = os.umask(0o077)
    try:
        _look_at(path, read_only, makes)
        connection = _connected(path, wait_seconds, read_only)
        try:
            yield connection
        finally:
            connection.close()
    finally:
        os.umask(umask)


def refuse_name(path: Path) -> None:
    """Raise IaeError for a name that DuckDB or dbt would take for something else."""
    name = path.name.lstrip(".").partition(".")[0].lower()
    advice = "name another file in IAE_WAREHOUSE, such as warehouse/build.duckdb."
    if str(path) == ":memory:" or not name:
        raise IaeError(f"{printable(path)}: is no file, and nothing would be kept; {advice}")
    if name in RESERVED_NAMES:
        raise IaeError(
            f"{printable(path)}: a database named {name} is taken for the schema {name}; {advice}"
        )
    if found := re.search(r"""['"]""", path.name) or re.search(r"[?#;]", str(path)):
        raise IaeError(f"{printable(path)}: {found[0]} cannot be in this name; {advice}")
    if re.match(r"\w{2,}:", str(path)):
        raise IaeError(f"{printable(path)}: is an address, not a file; {advice}")


def _connected(path: Path, wait_seconds: float, read_only: bool) -> duckdb.DuckDBPyConnection:
    # Nothing is spilled to disk: what DuckDB has just read holds names and NIRs.
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": os.environ.get("IAE_MEMORY_LIMIT") or DEFAULT_MEMORY_LIMIT,
        "temp_directory": "",
        # Landed tables never change: merging their row groups at a checkpoint is work for nothing.
        "max_vacuum_tasks": 0,
    }
    deadline = time.monotonic() + wait_seconds
    is_waiting = False
    while True:
        try:
            connection = duckdb.connect(str(path), read_only=read_only, config=config)
            # Tried on every column of text and never the ones chosen. Not heeded in `config`.
            connection.execute("set disabled_compression_methods = 'fsst,zstd,dictionary'")
            return connection
        except duckdb.ConnectionException:
            raise  # this very process has it open in another way
        except duckdb.Error as error:
            if "Could not set lock" not in str(error):
                raise _refusal(path, error) from None
            held = f"{printable(path)}: is in use by {_holder(str(error))}"
        if time.monotonic() >= deadline:
            raise IaeError(f"{held}; try again when it has ended.")
        if not is_waiting:
            from iae.console import stderr

            stderr.print(f"{held}; waiting for {wait_seconds:g} seconds at most.")
            is_waiting = True
        time.sleep(0.2)


def _look_at(path: Path, read_only: bool, makes: bool) -> None:
    """Raise IaeError for an obstacle that shows before DuckDB opens the file."""
    name = printable(path)
    folder = path.parent
    for above in reversed([folder, *folder.absolute().parents]):
        if not above.is_dir():
            raise IaeError(f"{name}: there is no folder {printable(above)}; check IAE_WAREHOUSE.")
        _check_access(above, os.X_OK, "be entered")
    if not read_only:
        _check_access(folder, os.W_OK, "be written")
    if path.is_dir():
        raise IaeError(f"{name}: is a folder; IAE_WAREHOUSE names a file in it.")
    if not path.exists():
        if path.is_symlink():
            raise IaeError(f"{name}: is a link to nothing; check IAE_WAREHOUSE.")
        if not makes:
            raise IaeError(
                f"{name}: there is no such file. Run `iae load` first, or check IAE_WAREHOUSE."
            )
        return
    if not path.is_file():
        raise IaeError(f"{name}: is a device, not a file; check IAE_WAREHOUSE.")
    for one in (path, path.with_name(f"{path.name}.wal")):
        if one.exists():
            _check_access(one, os.R_OK, "be read")
            if not read_only:
                _check_access(one, os.W_OK, "be written")
    # DuckDB would look for an extension that reads the file, on the network.
    with path.open("rb") as file:
        beginning = file.read(12)
        if not beginning:
            time.sleep(0.2)  # another process may have made it just now
            beginning = file.read(12)
        if beginning[8:] != b"DUCK":
            what = "is something else" if beginning else "is empty"
            raise IaeError(f"{name}: {what}, not a DuckDB database; check IAE_WAREHOUSE.")


def _check_access(path: Path, mode: int, what: str) -> None:
    if os.access(path, mode):
        return
    name = printable(path)
    if pwd is None:
        raise IaeError(f"{name}: cannot {what}; ask its owner for permission. It is not damaged.")
    if mode == os.W_OK and os.statvfs(path).f_flag & os.ST_RDONLY:
        raise IaeError(
            f"{name}: cannot {what}, for its file system is read-only; "
            "copy the warehouse to another one."
        )
    status = path.stat()
    owner = _user(status.st_uid)
    raise IaeError(
        f"{name}: cannot {what} by {_user(os.geteuid())}, for it belongs to {owner} (mode "
        f"{status.st_mode & 0o777:o}); ask {owner} for permission. It is not damaged."
    )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _refusal(path: Path, error: duckdb.Error) -> IaeError:
    """Return why DuckDB does not open a file. Its messages at this point hold no value."""
    name, said = printable(path), str(error)
    if "storage version number" in said:
        age = "a newer" if "newer version of DuckDB" in said else "an older"
        return IaeError(
            f"{name}: was made by {age} DuckDB, which version {duckdb.__version__} here does not "
            "read; open it with that one, or load the extracts into another file."
        )
    if is_damage(error):
        return IaeError(
            f"{name}: is damaged; put a copy back, or load the extracts again into another file."
        )
    if re.search("memory|unit", said, re.I) and not isinstance(error, duckdb.IOException):
        return IaeError("IAE_MEMORY_LIMIT is no size of memory; give one such as 2GB.")
    reason = said.splitlines()[0]
    return as_fault(error) or IaeError(f"{name}: cannot be opened ({reason}).")


def _holder(said: str) -> str:
    """Return the process that DuckDB says holds the file, with its command."""
    found = re.search(r"\(PID (\d+)\)", said)
    if not found:
        return "another process"
    shown = f"process {found[1]}"
    words: list[str] = []
    try:
        words = (
            Path(f"/proc/{found[1]}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        )
    except OSError:  # no Linux, or it has just ended
        with suppress(OSError):  # nor macOS
            done = subprocess.run(
                ["ps", "-o", "args=", "-p", found[1]],  # noqa: S607 (where it is differs)
                capture_output=True,
                text=True,
                check=False,
            )
            words = done.stdout.split()
    command = printable(" ".join(_without_interpreter([word for word in words if word])))
    if not command:
        return shown
    return f"{shown} ({command if len(command) <= 70 else command[:69] + '…'})"


def _without_interpreter(words: list[str]) -> list[str]:
    """Return a command as it was typed: `dbt build`, not Python's path and then dbt's."""
    if len(words) > 1 and Path(words[0]).name.startswith("python") and words[1][0] != "-":
        words = words[1:]
    return [Path(words[0]).name, *words[1:]] if words else []
