"""Whose fault it is: the user's, in a sentence; ours, with a traceback that quotes no value."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import iae.cli
from iae.cli import app
from iae.errors import IaeError
from iae.faults import as_fault
from iae.publishing.proof import Proof
from iae.publishing.swap import publish
from iae.release.release import write_release
from iae.site.build import build_site
from loading import NIR, run


def raised(sql: str) -> duckdb.Error:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute(sql).fetchall()
    return caught.value


def commit_that_fails(reason: str) -> duckdb.Error:
    return duckdb.TransactionException(
        f'TransactionContext Error: Failed to commit: Could not write file "x.wal": {reason}'
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (duckdb.OutOfMemoryException("failed to allocate"), "IAE_MEMORY_LIMIT"),
        (MemoryError(), "IAE_MEMORY_LIMIT"),
        (duckdb.IOException("IO Error: Could not write: No space left on device"), "no room"),
        (duckdb.FatalException("FATAL: invalidated. Original error: File too large"), "no room"),
        (commit_that_fails("File too large"), "no room"),
        (commit_that_fails("Input/output error"), "cannot read or write a file"),
        (OSError(errno.ENOSPC, "No space left on device"), "no room left"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "out.csv"), "out.csv: cannot be written"),
        (PermissionError(errno.EACCES, "Permission denied", "x.csv"), "x.csv: cannot be read or"),
        (FileNotFoundError(errno.ENOENT, "No such file", "gone.csv"), "gone.csv: cannot be read"),
        (OSError(errno.EIO, "Input/output error"), "A file: cannot be read or written"),
        (duckdb.IOException("IO Error: Could not fsync file"), "cannot read or write a file"),
        (duckdb.Error("Corrupt database file: computed checksum 1"), "is damaged"),
        (IaeError("A sentence."), "A sentence."),
    ],
)
def test_what_the_surroundings_cause_is_a_sentence(error: BaseException, said: str) -> None:
    fault = as_fault(error)
    assert fault is not None
    assert said in str(fault)


@pytest.mark.parametrize(
    "error",
    [
        raised("select nothing from nowhere"),
        raised("select nothing"),
        raised("selec 1"),
        raised(f"select '{NIR} bis'::integer"),
        duckdb.InternalException("INTERNAL Error: assertion"),
        duckdb.ConstraintException("Duplicate key"),
        duckdb.TransactionException("Conflict"),
        FileNotFoundError(errno.ENOENT, "No such file", f"{Path(iae.cli.__file__).parent}/x.sql"),
        BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
        ValueError("of ours"),
    ],
)
def test_faults_of_ours_are_none_of_the_users(error: Exception) -> None:
    assert as_fault(error) is None


def shown_where(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, *words: str, code: int = 1
) -> str:
    """What a command shows where it meets an error."""

    def fail() -> None:
        raise error

    monkeypatch.setattr("iae.cli.warehouse_path", fail)
    return run(*words, code=code).stderr


def test_a_fault_of_ours_shows_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shown_where(monkeypatch, raised("select nothing"), "status")
    assert shown.startswith("Traceback")
    assert "cli.py" in shown
    assert "Binder Error" in shown
    assert "Error: " not in shown.splitlines()[-1][:7]


def publication(path: Path) -> None:
    with duckdb.connect() as connection:
        publish(connection, path.with_name("iae.duckdb"))


@pytest.mark.parametrize(
    ("at", "act"),
    [
        ("iae.publishing.swap._write", publication),
        ("iae.release.release.read_tables", lambda path: write_release(path, path.parent)),
        ("iae.site.build.read_contents", lambda path: build_site(path, path.parent / "site")),
    ],
)
def test_sql_of_ours_is_not_taken_for_the_published_file(
    at: str, act: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise errors.pop()

    path = tmp_path / "published.duckdb"
    duckdb.connect(str(path)).close()
    monkeypatch.setattr("iae.publishing.swap.prove", lambda _: Proof([], set(), []))
    monkeypatch.setattr("iae.publishing.swap.audit_open_data", lambda *_: None)
    monkeypatch.setattr(at, fail)
    errors = [raised("select nothing"), duckdb.IOException("IO Error: Could not read")]
    with pytest.raises(IaeError, match="Could not read"):
        act(path)
    with pytest.raises(duckdb.BinderException):
        act(path)


@pytest.mark.parametrize("words", [["status"], ["status", "--debug"]])
def test_a_traceback_quotes_no_value(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    wrapped = ValueError("of ours")
    wrapped.__cause__ = raised(f"select '{NIR} bis'::integer")
    assert NIR in str(wrapped.__cause__)
    shown = shown_where(monkeypatch, wrapped, *words)
    assert "ConversionException: (not shown" in shown
    assert NIR not in shown


def test_debug_shows_the_traceback_of_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = IaeError("A sentence.")
    assert shown_where(monkeypatch, sentence, "status") == "Error: A sentence.\n"
    for words in (["status", "--debug"], ["--debug", "status"]):
        shown = shown_where(monkeypatch, sentence, *words)
        assert shown.startswith("Traceback")
        assert shown.endswith("Error: A sentence.\n")


def test_every_command_has_debug() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.callback.__name__
        assert "--debug" in run(name, "--help").stdout, name


def test_version() -> None:
    assert run("--version").stdout.split()[0] == "iae"


@pytest.mark.parametrize(
    "error",
    [
        KeyboardInterrupt(),
        duckdb.InterruptException("INTERRUPT Error: Interrupted!"),
        RuntimeError("Query interrupted"),  # by Ctrl-C, while DuckDB runs it
    ],
)
def test_ctrl_c(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    shown = shown_where(monkeypatch, error, "status", code=130)
    assert shown == "Error: Stopped before the end; the warehouse is as it was.\n"


def test_ctrl_c_while_a_sample_is_drawn(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "iae", "sample", str(tmp_path / "drop"), "--scale", "2"]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        # What runs in the background of a script ignores Ctrl-C, and so would the command.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while not (tmp_path / ".drop.iae-new").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
        assert process.wait() == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--help"], ["status"], ["--version"]])
def test_a_closed_pipe(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "iae", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
