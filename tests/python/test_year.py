"""Six Mondays of an operator, with faults; `make year` lives through all of a year."""

from __future__ import annotations

from pathlib import Path

from compiled_project import CompiledProject
from year.faults import FAULTS
from year.monday import BEFORE_THE_BUILD, Year


def test_six_mondays(tmp_path: Path, compiled_project: CompiledProject) -> None:
    # One build, of all that was loaded by then; the publications are the whole year's.
    year = Year(
        tmp_path,
        seed=2,
        nb_weeks=6,
        compiled=compiled_project,
        build_every=6,
        nb_faults=1,
        nb_kills=1,
    )
    year.run()
    assert [bool(line.nb_cells) for line in year.lines] == [False] * 5 + [True]
    faults = year.kinds.keys() & FAULTS.keys()
    assert len(faults) >= 5  # a fault each week with a delivery, none twice
    assert year.kinds.keys() <= {*FAULTS, *BEFORE_THE_BUILD, "no delivery"}
    assert year.commands.kills["load"] >= 3
