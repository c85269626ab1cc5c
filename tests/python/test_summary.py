"""`iae summary`: real figures first, with the claims of the public note; synthetic ones apart."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from conftest import REAL_EDITIONS, Pipeline
from iae.presenters.summary import show_summary
from iae.public_note import recompute_claims
from site_marts import write_marts


# Computed by hand from the files: 132,925 to 85,361 people; the others are means of nine months.
@pytest.mark.parametrize(
    ("edition", "expected"),
    [
        ("2023-01-18", (-35.8, 18710, 15.1, 5.6)),
        ("2022-03-15", (-35.8, 18447, 14.9, 5.4)),
        ("2021-12-21", (-35.8, None, None, None)),  # stops at June 2021
    ],
)
def test_claims_of_the_note_by_edition(edition: str, expected: tuple[float | None, ...]) -> None:
    with duckdb.connect() as connection:
        series = connection.execute(
            f"select month, stock from {REAL_EDITIONS} where edition = ? and territory_id = 'FR'",
            [edition],
        ).fetchall()
    claims = recompute_claims(dict(series))
    figures = (
        (claims.spring_2020_percent, 1),
        (claims.gain, 0),
        (claims.gain_percent, 1),
        (claims.gain_on_2019_percent, 1),
    )
    assert tuple(None if n is None else round(n, digits) for n, digits in figures) == expected


@pytest.mark.parametrize("editions_are_real", [True, False])
def test_real_figures_come_first(
    published_sample: Pipeline,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    editions_are_real: bool,
) -> None:
    path = tmp_path / "iae.duckdb"
    options = {"synthetic": True, "editions_are_real": editions_are_real}
    show_summary(write_marts(path, published_sample.published, **options), 2)
    shown = capsys.readouterr().out
    published = shown.index("France, as published on 2022-09-20")
    recomputed = shown.index("France, recomputed from the extracts (SYNTHETIC")
    assert published < recomputed
    assert ("as published on 2022-09-20 (real)" in shown) == editions_are_real
    # 100 departments of 1000 + 32 people and 7 in Mayotte.
    assert "103,207" in shown


def test_only_what_is_loaded_is_shown(
    published_sample: Pipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_marts(tmp_path / "iae.duckdb", published_sample.published, published=False)
    show_summary(path, 2)
    shown = capsys.readouterr().out
    assert "as published" not in shown
    assert "recomputed from the extracts (real)" in shown
