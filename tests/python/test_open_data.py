"""The open tables of a build: figures of the sample, where most cells are of a few people."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest
from playwright.sync_api import Browser
from python_calamine import CalamineWorkbook

from conftest import PROJECT, Pipeline
from iae.errors import IaeError
from iae.protection.attack import attack
from iae.protection.audit import read_record
from iae.protection.shape import Grid, Shape
from iae.protection.stock import Stock, read_last_edition, read_stock, round_stock
from iae.release.release import write_release
from iae.site.build import build_site
from test_site import Site, says_nothing_odd

NAMES = {
    "stock": "marts.fct_stock_by_structure_type",
    "territories": "marts.dim_territories",
    "scopes": "reference.composite_scopes",
    "composite": "marts.fct_composite_stock",
    "published": "marts.fct_published_stock",
    "extracts": "marts.audit_extracts",
}
PEOPLE = {
    "stock_by_structure_type": ("stock",),
    "composite_stock": (
        "official_stock",
        "constant_stock",
        "official_change",
        "constant_change",
    ),
    "reconciliation": ("constant_stock",),
    "flows_by_structure_type": ("entries", "exits", "returns"),
    "people_by_year": ("nb_people",),
    "structures_by_structure_type": ("nb_structures",),
    "declarations": ("nb_expected", "nb_declared"),
}


@pytest.fixture(scope="module")
def exact(published_sample: Pipeline) -> Stock:
    with duckdb.connect(str(published_sample.warehouse), read_only=True) as connection:
        return read_stock(**{name: connection.table(table) for name, table in NAMES.items()})


@pytest.fixture(scope="module")
def months(published_sample: Pipeline, exact: Stock) -> dict[date, tuple[Shape, Grid, Grid]]:
    """Shape, exact and rounded grids by month, read from the published file."""
    edition = read_last_edition(published_sample.published)
    assert edition is not None
    result = {}
    for month in exact.exact:
        shape = exact.shape(month)
        previous = edition.month(month, shape)
        assert previous is not None
        result[month] = shape, exact.grid(month, shape), previous.rounded
    return result


def test_every_figure_is_a_multiple_of_the_base(published_sample: Pipeline) -> None:
    for table, columns in PEOPLE.items():
        for column in columns:
            sql = f"select count(*), count(*) filter ({column} % 5 != 0) from open_data.{table}"
            ((nb_rows, nb_exact),) = published_sample.query(sql, path=published_sample.published)
            assert (nb_rows > 0 or table == "reconciliation", nb_exact) == (True, 0), column


def test_the_rounding_is_without_bias(months: dict[date, tuple[Shape, Grid, Grid]]) -> None:
    deviations = np.concatenate(
        [shape.inner(rounded - exact).ravel() for shape, exact, rounded in months.values()]
    )
    assert abs(deviations.mean()) < 0.05


def test_no_sensitive_cell_is_narrow(months: dict[date, tuple[Shape, Grid, Grid]]) -> None:
    nb_sensitive = 0
    for shape, exact, rounded in months.values():
        found = attack(shape, exact, rounded, 5)
        nb_sensitive += found.nb_sensitive
        assert found.narrow == []
    assert nb_sensitive > 1000
    # One month again, cell by cell, by the solver.
    shape, exact, rounded = months[max(months)]
    assert attack(shape, exact, rounded, 5, solver_only=True).narrow == []


@pytest.fixture(scope="module")
def site(published_sample: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page and the release of the sample: all that leaves the house."""
    folder = tmp_path_factory.mktemp("open") / "site"
    published_sample.iae_here("site", "--out", folder)
    published_sample.iae_here("release", "--out", folder)
    return folder


def test_the_page_of_the_sample_shows_all_departments(
    browser: Browser, published_sample: Pipeline, site: Path
) -> None:
    page = "echantillon/index.html"
    if not (site / page).exists():  # no published series beside the sample
        page = "index.html"
    with Site(site, published_sample.published).opened(browser, page) as opened:
        # Mayotte is outside the coverage of the recomputed figures.
        assert len(opened.fills()) == 101
        assert sum(fill.startswith("url(") for fill in opened.fills()) == 1
        assert "Données fictives" in opened.text("aside.synthetic")
        says_nothing_odd(opened)


def figures_of(path: Path) -> dict[str, set[float]]:
    """The numbers of a file that are people of ours, by where they are in it."""
    found: dict[str, set[float]] = {}
    if path.suffix in (".csv", ".parquet"):
        relation = duckdb.sql(f"from '{path}'")
        for column in PEOPLE.get(path.stem.removeprefix("fictif_"), ()):
            values = relation.filter(f"{column} is not null").project(column).distinct()
            found[column] = {float(value) for (value,) in values.fetchall()}
    elif path.suffix == ".xlsx":
        book = CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python()
            headings = [str(heading) for heading in rows[0]] if rows else []
            of_people = PEOPLE.get(name, [h for h in headings if " – " in h or "Périmètre" in h])
            for heading in set(of_people) & set(headings):
                place = headings.index(heading)
                values = {row[place] for row in rows[1:]}
                found[f"{name}, {heading}"] = {v for v in values if isinstance(v, float)}
    elif path.suffix == ".html" and "catalogue" not in path.parts:
        data = re.search(
            r'<script type="application/json" id="data">(.*?)</script>', path.read_text()
        )
        for measure in json.loads(data[1])["measures"] if data else ():
            if measure["id"] != "published":
                found[measure["id"]] = {
                    float(value)
                    for values in measure["stock"].values()
                    for value in values
                    if value is not None
                }
    return found


def test_no_file_of_the_site_holds_an_exact_figure(site: Path) -> None:
    nb_figures: dict[str, int] = {}
    for path in sorted(site.rglob("*")):
        if not path.is_file():
            continue
        for place, values in figures_of(path).items():
            assert {value for value in values if value % 5} == set(), (path.name, place)
            nb_figures[path.suffix] = nb_figures.get(path.suffix, 0) + len(values)
    assert set(nb_figures) == {".csv", ".parquet", ".xlsx", ".html"}
    assert min(nb_figures.values()) > 100


def test_the_page_and_the_release_cannot_be_made_from_the_marts(
    published_sample: Pipeline, tmp_path: Path
) -> None:
    exact = tmp_path / "iae.duckdb"
    shutil.copy(published_sample.published, exact)
    with duckdb.connect(str(exact)) as connection:
        connection.execute("drop schema open_data cascade")
    with pytest.raises(IaeError, match="open"):
        write_release(exact, tmp_path / "site")
    with suppress(IaeError):
        build_site(exact, tmp_path / "page")
    assert not list((tmp_path / "page").rglob("stock_by_structure_type.*"))


def test_changes_are_null_where_those_of_the_mart_are(published_sample: Pipeline) -> None:
    differ = published_sample.query(
        """
        select count(*)
        from open_data.composite_stock as open
        full join marts.fct_composite_stock as exact using (month, territory_id)
        where
            (open.official_stock is null) != (exact.official_stock is null)
            or (open.constant_stock is null) != (exact.constant_stock is null)
            or (open.official_change is null) != (exact.official_change is null)
            or (open.constant_change is null) != (exact.constant_change is null)
            or open.is_provisional != exact.is_provisional
            or open.missing_components is distinct from exact.missing_components
        """,
        path=published_sample.published,
    )
    assert differ == [(0,)]


def test_columns_are_those_of_the_marts(published_sample: Pipeline) -> None:
    tables = [*PEOPLE, "published_stock", "published_revisions", "territories", "structure_types"]
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, *column in published_sample.query(
        """
        select regexp_replace(table_name, '^(fct|dim)_', ''), column_name, data_type
        from duckdb_columns() where schema_name in ('open_data', 'marts')
        order by schema_name, column_index
        """,
        path=published_sample.published,
    ):
        columns.setdefault(table, []).append(tuple(column))
    for table in tables:
        nb_columns = len(columns[table]) // 2
        assert columns[table][:nb_columns] == columns[table][nb_columns:] != [], table


def test_the_next_edition_moves_few_of_the_cells_that_have_not_changed(
    published_sample: Pipeline, exact: Stock, months: dict[date, tuple[Shape, Grid, Grid]]
) -> None:
    draw = random.Random(1)
    changed = {month: dict(cells) for month, cells in exact.exact.items()}
    last = sorted(changed)[-12:]
    for month in last:
        for cell, people in changed[month].items():
            if cell[0][0] in "DN" and draw.random() < 0.01:
                changed[month][cell] = max(0, people + draw.choice((-2, -1, 1, 2)))
    edition = read_last_edition(published_sample.published)
    started = time.process_time()
    rounded = round_stock(Stock(exact.parents, exact.scopes, changed), 5, "another salt", edition)
    # Months that have not changed are not solved: 2 s for three that have.
    assert time.process_time() - started < 8
    nb_unchanged = nb_moved = 0
    for month, (shape, grid) in rounded.items():
        _, before, rounded_before = months[month]
        if month not in last:
            assert (grid == rounded_before).all()
            continue
        unchanged = Stock(exact.parents, exact.scopes, changed).grid(month, shape) == before
        nb_unchanged += int(unchanged.sum())
        nb_moved += int((unchanged & (grid != rounded_before)).sum())
    assert nb_unchanged > 10_000
    assert nb_moved < 0.01 * nb_unchanged


def test_the_published_file_says_what_the_audit_saw(published_sample: Pipeline) -> None:
    with duckdb.connect(str(published_sample.published), read_only=True) as connection:
        protection = read_record(connection)
    assert protection is not None
    assert (protection.base, protection.nb_beyond_base) == (5, 0)
    assert {loss.largest_deviation for loss in protection.loss} <= {0, 1, 2, 3, 4}
    assert {loss.territory_level for loss in protection.loss} == {
        "national",
        "regional",
        "departmental",
        "unlocated",
    }


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R")
def test_the_lines_of_r_in_the_readme_read_the_release(site: Path) -> None:
    [lines] = re.findall(
        r"^```r\n(.*?)^```", (PROJECT / "README.md").read_text("utf-8"), re.M | re.S
    )
    done = subprocess.run(
        ["Rscript", "-e", lines], cwd=site.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "2022-06-01 152922 " in re.sub(" +", " ", done.stdout)
