"""`iae summary`: real figures first, with the claims of the public note; synthetic ones apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Pipeline
from iae.presenters.summary import show_summary
from site_marts import write_marts


@pytest.mark.parametrize(
    ("real_editions", "edition", "figures"),
    [
        # The claims of the note too: means of nine months but the first, 132,925 to 85,361 people.
        (True, "2023-01-18 (real)", ["146,311", "-35.8 %", "+18,710", "+15.1 %", "+5.6 %"]),
        # 100 departments of 1000 + 32 people and 7 in Mayotte.
        (False, "2022-09-20 (SYNTHETIC", ["103,207"]),
    ],
)
def test_real_figures_come_first(
    published_sample: Pipeline,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    real_editions: bool,
    edition: str,
    figures: list[str],
) -> None:
    path = tmp_path / "iae.duckdb"
    options = {"synthetic": True, "real_editions": real_editions}
    show_summary(write_marts(path, published_sample.published, **options), 2)
    shown = capsys.readouterr().out
    published = shown.index(f"France, as published on {edition}")
    recomputed = shown.index("France, recomputed from the extracts (SYNTHETIC")
    assert published < recomputed
    assert all(figure in shown for figure in figures)


def test_only_what_is_loaded_is_shown(
    published_sample: Pipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_marts(tmp_path / "iae.duckdb", published_sample.published, published=False)
    show_summary(path, 2)
    shown = capsys.readouterr().out
    assert "as published" not in shown
    assert "recomputed from the extracts (real)" in shown
