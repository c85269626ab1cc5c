"""A publication that ends at once at one of its steps on the disk, in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from pathlib import Path

# A fork of the tests' own process would hold the locks of threads that it does not have.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["iae.cli", "iae.presenters.publishing"])
STEPS = ("os.link", "os.rename", "os.remove", "os.chmod", "os.mkdir")
CODE = 9


def publish_killed_at(step: int, folder: Path, variables: Mapping[str, str]) -> int | None:
    """Run `iae publish` in a folder until a step; return the exit code: CODE where killed."""
    process = FORKS.Process(target=_publish, args=(step, folder, dict(variables)))
    process.start()
    process.join()
    return process.exitcode


def _publish(step: int, folder: Path, variables: dict[str, str]) -> None:
    from iae.cli import app

    left = step

    def stop(event: str, arguments: object) -> None:
        nonlocal left
        if event in STEPS:
            left -= 1
            if left == 0:
                os._exit(CODE)

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.addaudithook(stop)
    app(["publish"])
