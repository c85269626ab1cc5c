"""Commands of the project in processes of their own, killed at a moment or at a step."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit

# Forks of a process that has imported everything: the command is killed, not the start of Python.
# A fork of the tests' own process would hold the locks of threads that it does not have.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        *("iae.cli", "iae.loading.load", "iae.presenters.publishing"),
        *("typer._adapters", "rich.table", "rich.progress"),
    ]
)
STEPS = ("os.link", "os.rename", "os.remove", "os.chmod", "os.mkdir")
CODE = 9


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code (negative when killed) and what it said."""

    code: int
    said: str


@dataclass(frozen=True)
class Command:
    """A command that was started, and the file that takes what it says."""

    process: BaseProcess
    output: Path

    def ended(self) -> Done:
        """Wait for the command."""
        self.process.join()
        done = Done(self.process.exitcode or 0, self.output.read_text("utf-8", "replace"))
        self.output.unlink()
        return done


def started(
    words: Sequence[str | Path],
    variables: Mapping[str, str],
    *,
    step: int = 0,
    output: str | Path = os.devnull,
    largest_file: int | None = None,
) -> BaseProcess:
    """Start a command of the project, or `build` of dbt, where this process is.

    Args:
        variables: its environment, all of it.
        step: it ends at once, with CODE, at this change of the folders on the disk.
        output: the file that takes what it says.
        largest_file: what files may grow to, in bytes: what a full disk is to the database.
    """
    command = [str(word) for word in words]
    process = FORKS.Process(
        target=_run,
        args=(command, Path.cwd(), dict(variables), step, output, largest_file),
    )
    process.start()
    return process


def seconds_of(words: Sequence[str | Path], variables: Mapping[str, str]) -> float:
    """How long a command takes once the forks' server is up."""
    started(["--help"], variables).join()
    began = time.monotonic()
    started(words, variables).join()
    return time.monotonic() - began


def killed_at(process: BaseProcess, seconds: float) -> bool:
    """Kill a process after some seconds; tell whether it was still running."""
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def _run(
    words: list[str],
    folder: Path,
    variables: dict[str, str],
    step: int,
    output: str | Path,
    largest_file: int | None,
) -> None:
    left = step

    def stop(event: str, arguments: object) -> None:
        nonlocal left
        if event in STEPS:
            left -= 1
            if left == 0:
                os._exit(CODE)

    file = os.open(output, os.O_WRONLY | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    if largest_file is not None:
        setrlimit(RLIMIT_FSIZE, (largest_file, largest_file))
    if step:
        sys.addaudithook(stop)
    if words[0] == "build":
        _build(words)
    else:
        from iae.cli import app

        app(words)


def _build(words: list[str]) -> None:
    from conftest import PROJECT, manifest, run_dbt

    command = [*words, "--project-dir", str(PROJECT), "--quiet"]
    result, printed = run_dbt(command, dict(os.environ), manifest())
    if not result.success:
        sys.exit(f"{printed}{result.exception or ''}")
