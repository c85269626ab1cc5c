"""Commands of the project in processes of their own, killed at a moment or at a step."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

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


def started(
    words: Sequence[str | Path], variables: Mapping[str, str], step: int = 0
) -> BaseProcess:
    """Start a command where this process is, with its environment; nobody hears what it says.

    It ends at once, with CODE, at its `step`-th change of the folders on the disk.
    """
    command = [str(word) for word in words]
    process = FORKS.Process(target=_run, args=(command, Path.cwd(), dict(variables), step))
    process.start()
    return process


def killed_at(process: BaseProcess, seconds: float) -> bool:
    """Kill a process after some seconds; tell whether it was still running."""
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def _run(words: list[str], folder: Path, variables: dict[str, str], step: int) -> None:
    from iae.cli import app

    left = step

    def stop(event: str, arguments: object) -> None:
        nonlocal left
        if event in STEPS:
            left -= 1
            if left == 0:
                os._exit(CODE)

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.addaudithook(stop)
    app(words)
