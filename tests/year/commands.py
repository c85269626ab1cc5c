"""The project's commands, each in a process of its own that can be killed, without its start-up."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import Pipeline
from iae.sample.weeks import PASSWORD
from processes import Command, Done, killed_at

# A disk in memory gives its room by pages, to each file its own.
PAGE = 4096


@dataclass
class Commands:
    """The commands on one warehouse; `seconds` is how long each took the last time."""

    pipeline: Pipeline
    random: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, *words: str | Path, **options: Any) -> Done:
        """Run a command to its end."""
        began = time.monotonic()
        done = self.begun(*words, **options).ended()
        if done.code == 0:
            self.seconds[str(words[0])] = time.monotonic() - began
        return done

    def killed(self, *words: str | Path, **options: Any) -> None:
        """Kill a command at a random moment of its usual time."""
        name = str(words[0])
        command = self.begun(*words, **options)
        moment = self.random.uniform(0.02, 0.9) * self.seconds.get(name, 1)
        self.kills[name] += killed_at(command.process, moment)
        command.output.unlink(missing_ok=True)

    def on_a_full_disk(self, *words: str | Path, room: int, **options: Any) -> Done:
        """Run a command where the folder of the warehouse has next to no room, in bytes."""
        folder = self.pipeline.warehouse.parent
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder.with_name("aside")
        folder.rename(aside)
        folder.mkdir()
        pages = [-(-path.stat().st_size // PAGE) for path in aside.rglob("*")]
        size = sum(pages) * PAGE + room
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            # Only the administrator may mount a disk: files may not grow instead.
            folder.rmdir()
            aside.rename(folder)
            return self.run(*words, largest_file=room, **options)
        try:
            shutil.copytree(aside, folder, dirs_exist_ok=True)
            return self.run(*words, **options)
        finally:
            shutil.rmtree(aside)
            shutil.copytree(folder, aside)
            subprocess.run(["umount", str(folder)], check=True)
            folder.rmdir()
            aside.rename(folder)

    def begun(self, *words: str | Path, **options: Any) -> Command:
        """Start a command, with other variables of the environment or room for files."""
        return self.pipeline.begun(*words, **{"IAE_ARCHIVE_PASSWORD": PASSWORD} | options)
