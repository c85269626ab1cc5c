"""The salt of the NIRs: whole, not to be guessed, and the same for all that is loaded."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from iae.errors import IaeError
from iae.secret import Secret, kept_secret, make_secret
from loading import SALT, Warehouse, write_fluxiae

OTHER = "another salt, as long"


def use(salt: str | None) -> None:
    """Set the salt of the environment; the fixture `warehouse` puts it back."""
    os.environ.pop("IAE_SALT", None)
    if salt is not None:
        os.environ["IAE_SALT"] = salt


@pytest.fixture(autouse=True)
def _no_salt(warehouse: Warehouse) -> None:
    use(None)


@pytest.fixture
def file(warehouse: Warehouse) -> Path:
    warehouse.path.parent.mkdir()
    return warehouse.path.with_name("salt")


def drop(warehouse: Warehouse, day: int) -> Path:
    return write_fluxiae(warehouse.folder / f"drop {day}", stamp=f"{day:02}022022_112211")


def hashes(warehouse: Warehouse) -> set[str]:
    return {*warehouse.values("select salarie_nir_hash from raw.asp_fluxiae__salarie")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("fifteen letters", "has 15 characters, fewer than 16"),
        ("un sel avec un é accentué", "holds other characters"),
        ("two lines of salt\nand not one", "holds other characters"),
        ("a byte order mark \ufeff within", "holds other characters"),
    ],
)
@pytest.mark.parametrize("is_in_file", [True, False])
def test_a_salt_that_is_no_use_is_refused(
    *, text: str, said: str, is_in_file: bool, warehouse: Warehouse, file: Path
) -> None:
    if is_in_file:
        file.write_text(text, "utf-8")
    else:
        use(text)
    name = str(file) if is_in_file else "IAE_SALT"
    assert f"{name}: this secret {said}" in warehouse.fault(drop(warehouse, 1))
    assert warehouse.query("select count(*) from raw.extracts") == [(0,)]
    assert [path.name for path in file.parent.iterdir() if path != warehouse.path] == (
        ["salt"] if is_in_file else []
    )


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (Path.mkdir, "a folder or a device"),
        (os.mkfifo, "a folder or a device"),
        (lambda file: file.symlink_to(file.parent / "gone"), "a link to nothing"),
        (lambda file: file.symlink_to(file), "a link to nothing"),
    ],
    ids=["folder", "pipe", "link to nothing", "link to itself"],
)
def test_a_salt_that_is_no_file(make, what: str, warehouse: Warehouse, file: Path) -> None:
    make(file)
    expected = f"{file}: is {what}, where the file of a secret is expected."
    assert warehouse.fault(drop(warehouse, 1)) == expected


@pytest.mark.parametrize("form", ["{}", "{}\n", "{}\r\n", " {}\t\n", "\ufeff{}\r\n"])
def test_a_salt_is_the_same_however_it_was_saved(form: str, file: Path) -> None:
    file.write_bytes(form.format(SALT).encode())
    assert kept_secret(file) == Secret(SALT, str(file))


def test_a_salt_that_others_may_read_is_closed(warehouse: Warehouse, file: Path) -> None:
    file.write_text(f"{SALT}\n")
    file.chmod(0o644)
    warehouse.load(drop(warehouse, 1))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == f"{SALT}\n"


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (SALT, OTHER, "IAE_SALT: is another salt than the one of what is loaded"),
        (SALT, None, "The salt of what is loaded is gone"),
        (None, OTHER, "unset IAE_SALT: the right one is in"),
    ],
)
def test_another_salt_is_refused(
    *, first: str | None, then: str | None, said: str, warehouse: Warehouse
) -> None:
    use(first)
    warehouse.load(drop(warehouse, 1))
    before = hashes(warehouse)
    files = sorted(warehouse.path.parent.iterdir())
    use(then)
    assert said in warehouse.fault(drop(warehouse, 2))
    assert hashes(warehouse) == before
    assert sorted(warehouse.path.parent.iterdir()) == files
    use(first)
    warehouse.load(drop(warehouse, 2))
    assert hashes(warehouse) == before


def test_a_file_where_the_variable_was(warehouse: Warehouse, file: Path) -> None:
    """Set in the shell and not in cron, where a file of another time lies beside the warehouse."""
    use(SALT)
    warehouse.load(drop(warehouse, 1))
    before = hashes(warehouse)
    use(None)
    file.write_text(OTHER)
    assert "set IAE_SALT as it was then" in warehouse.fault(drop(warehouse, 2))
    file.write_text(SALT)
    warehouse.load(drop(warehouse, 2))
    assert hashes(warehouse) == before


def test_the_salt_may_change_as_long_as_it_has_served_nothing(warehouse: Warehouse) -> None:
    use(SALT)
    warehouse.load(drop(warehouse, 1))
    with warehouse.connected() as connection:
        connection.execute("delete from raw.extracts; delete from raw.extract_files")
    use(OTHER)
    warehouse.load(drop(warehouse, 2))
    warehouse.load(drop(warehouse, 3))
    use(SALT)
    assert "is another salt" in warehouse.fault(drop(warehouse, 4))


def test_a_warehouse_of_before_fingerprints(warehouse: Warehouse) -> None:
    use(SALT)
    warehouse.load(drop(warehouse, 1))
    with warehouse.connected() as connection:
        connection.execute("drop table raw.salts")
    use(None)
    assert "is gone" in warehouse.fault(drop(warehouse, 2))
    use(SALT)
    warehouse.load(drop(warehouse, 2))
    assert warehouse.query("select count(*) from raw.salts") == [(1,)]


def test_a_refused_extract_leaves_no_fingerprint(tmp_path: Path, warehouse: Warehouse) -> None:
    use(SALT)
    cut = write_fluxiae(tmp_path / "cut", {"salarie": "salarie_id\n1\n"})
    warehouse.fault(cut)
    use(OTHER)
    warehouse.load(drop(warehouse, 1))


def test_the_fingerprint_gives_nothing_away() -> None:
    secret = Secret(SALT, "IAE_SALT")
    first, second = secret.fingerprint(), secret.fingerprint()
    assert first != second
    assert secret.is_of(first)
    assert secret.is_of(second)
    assert not Secret(OTHER, "IAE_SALT").is_of(first)
    assert SALT not in first
    assert SALT.encode().hex() not in first


@pytest.mark.usefixtures("locks")
def test_a_full_disk_leaves_no_salt(tmp_path: Path) -> None:
    """A file that cannot grow: nothing is left that a later run would take for the salt."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        with pytest.raises(IaeError, match="cannot be written"):
            make_secret(tmp_path / "salt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from iae.secret import make_secret
Path.rename = lambda *_: os.kill(os.getpid(), 9)
make_secret(Path(sys.argv[1]))
"""


def test_a_kill_leaves_no_salt_and_what_it_leaves_is_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "salt"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert kept_secret(path) is None
    assert sorted(one.name for one in tmp_path.iterdir()) == [".salt.lock", ".salt.new"]
    made = make_secret(path)
    assert list(tmp_path.iterdir()) == [path]
    assert make_secret(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
