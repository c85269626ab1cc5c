"""The metrics, asked with `mf query`: months are never summed, nor regions with departments."""

from __future__ import annotations

import csv
import shutil
from contextlib import chdir

import pytest
from click.testing import CliRunner

from conftest import PROJECT, Pipeline, environment

IN_R84 = "{{ Dimension('territory__region_id') }} = 'R84'"
# Of each question: the metrics, by what (and in which order), which rows, how many at least, and
# the same asked of the marts.
QUESTIONS = {
    "the composite of a department by month": (
        "constant_stock,official_stock",
        "metric_time__month",
        "{{ Entity('territory') }} = 'D59'",
        60,
        """
        select month, constant_stock, official_stock from marts.fct_composite_stock
        where territory_id = 'D59' order by month
        """,
    ),
    # No territory asked: the departments and NL, which are the country, and no region on top.
    "the composite by year is the last month of the country": (
        "constant_stock,official_stock",
        "metric_time__year",
        None,
        6,
        """
        select cast(date_trunc('year', month) as date), constant_stock, official_stock
        from marts.fct_composite_stock
        where territory_id = 'FR'
        qualify month = max(month) over (partition by year(month))
        order by month
        """,
    ),
    "the stock by type of a region is the last month of each type": (
        "stock",
        "structure_type",
        IN_R84,
        7,
        """
        select structure_type, stock from marts.fct_stock_by_structure_type
        where territory_id = 'R84'
        qualify month = max(month) over (partition by structure_type)
        order by structure_type
        """,
    ),
    "the rate and the change of a region": (
        "constant_stock_per_10000_inhabitants,constant_stock_change",
        "metric_time__month",
        "{{ Dimension('territory__region_id') }} = 'R11'",
        60,
        """
        select month, constant_stock * 10000 / population, constant_change
        from marts.fct_composite_stock inner join marts.dim_territories using (territory_id)
        where territory_id = 'R11' order by month
        """,
    ),
    # Unlike the stock. Regions are asked for by their departments, as everywhere.
    "the flows of a year are the sum of its months": (
        "entries,exits",
        "metric_time__year,structure_type",
        IN_R84,
        30,
        """
        select
            cast(date_trunc('year', month) as date) as year,
            structure_type,
            sum(entries),
            sum(exits)
        from marts.fct_flows_by_structure_type
        where territory_id = 'R84'
        group by all
        order by year, structure_type
        """,
    ),
    "the structures are those of the last month": (
        "structures",
        "structure_type",
        None,
        6,
        """
        select structure_type, nb_structures from marts.fct_structures_by_structure_type
        where territory_id = 'FR'
        qualify month = max(month) over (partition by structure_type)
        order by structure_type
        """,
    ),
}


@pytest.fixture(scope="module")
def metrics(published_sample: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The sample again: MetricFlow keeps its warehouse open, and wants its files in one folder."""
    pipeline = Pipeline(tmp_path_factory.mktemp("metrics"))
    pipeline.warehouse.parent.mkdir()
    shutil.copy(published_sample.warehouse, pipeline.warehouse)
    shutil.copytree(published_sample.folder / "target", pipeline.folder / "target")
    shutil.copy(PROJECT / "dbt_project.yml", pipeline.folder)
    return pipeline


def written(value: object) -> str:
    """A value as `mf query` writes it; rates to ten digits."""
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else str(value)


def read_back(text: str) -> str:
    """A cell that `mf query` wrote; a month or a year is the date of its first day."""
    return written(float(text)) if "." in text else text.removesuffix(" 00:00:00")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_the_marts(
    metrics: Pipeline, published_sample: Pipeline, question: str
) -> None:
    # It takes seconds to import, for no other file of tests.
    from dbt_metricflow.cli.main import cli

    names, by, condition, at_least, sql = QUESTIONS[question]
    out = metrics.folder / "answer.csv"
    words = ["query", "--metrics", names, "--group-by", by, "--order", by, "--csv", str(out)]
    if condition:
        words += ["--where", condition]
    # MetricFlow asks the package registry for its newest version at every start: not from here.
    offline = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    with environment(metrics.environment | offline), chdir(metrics.folder):
        done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8") as file:
        answer = [list(map(read_back, row)) for row in csv.reader(file)][1:]
    assert len(answer) >= at_least
    rows = published_sample.query(sql, path=published_sample.published)
    assert answer == [list(map(written, row)) for row in rows]
