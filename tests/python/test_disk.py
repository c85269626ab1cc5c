"""One process at a time, on every system, and the package where Python has not what Unix has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iae import disk
from iae.errors import IaeError
from loading import begun, write_fluxiae

# What Windows is to the package.
ELSEWHERE = """
import os, sys
sys.modules["fcntl"] = sys.modules["pwd"] = None
for name in ("memfd_create", "geteuid", "getuid", "statvfs", "mkfifo"):
    os.__dict__.pop(name, None)
"""
HOLD = """
import sys
from pathlib import Path
from iae.disk import held

with held(Path(sys.argv[1]), "held"):
    print("begun")
    sys.stdin.read()
"""


@pytest.mark.parametrize("system", ["", ELSEWHERE], ids=["here", "elsewhere"])
def test_a_lock_goes_with_its_process(
    tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "it's a lock"
    if system:
        monkeypatch.setattr(disk, "fcntl", None)
    with begun(system + HOLD, lock) as other:
        with pytest.raises(IaeError, match="busy"), disk.held(lock, "busy"):
            pass
        other.kill()
    with disk.held(lock, "busy"):
        assert lock.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("locks")
def test_where_no_lock_can_be(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"denied|No such"), disk.held(tmp_path / "no" / "x", "busy"):
        pass


COMMANDS = """
from typer.testing import CliRunner
from iae.cli import app
for words in (["sample", "drop", "--scale", "0.001"], ["load", "drop"], ["status"], ["load", "x"]):
    done = CliRunner().invoke(app, words)
    print(done.exit_code, done.output[-300:] if done.exit_code else "")
"""


def test_commands_elsewhere(tmp_path: Path) -> None:
    """A sample, written and loaded; a salt, made; a warehouse, opened."""
    write_fluxiae(tmp_path / "x", {"salarie": "x"})
    environment = {**os.environ, "IAE_WAREHOUSE": "build.duckdb"}
    environment.pop("IAE_SALT", None)
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE + COMMANDS],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line[0] for line in done.stdout.splitlines() if line][:3] == ["0", "0", "0"], done
    assert "Error: fluxIAE_Salarie" in done.stdout
    assert (tmp_path / "salt").stat().st_size == 64
