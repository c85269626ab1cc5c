"""The metrics, asked with `mf query`: months are never summed, nor regions with departments."""

from __future__ import annotations

import csv
import shutil
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner
from dbt_metricflow.cli.main import cli

from conftest import PROJECT, Pipeline, environment


@pytest.fixture(scope="module")
def metrics(published_sample: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """The sample again: MetricFlow keeps its warehouse open, and wants its files in one folder."""
    pipeline = Pipeline(tmp_path_factory.mktemp("metrics"))
    pipeline.warehouse.parent.mkdir()
    shutil.copy(published_sample.warehouse, pipeline.warehouse)
    shutil.copytree(published_sample.folder / "target", pipeline.folder / "target")
    shutil.copy(PROJECT / "dbt_project.yml", pipeline.folder)
    return pipeline


def ask(pipeline: Pipeline, out: Path, *words: str) -> list[list[str]]:
    """Rows of `mf query`, as text; a month or a year is the date of its first day."""
    # MetricFlow asks the package registry for its newest version at every start: not from here.
    offline = {"HTTPS_PROXY": "http://127.0.0.1:9"}
    with environment(pipeline.environment | offline), chdir(pipeline.folder):
        done = CliRunner().invoke(cli, ["query", *words, "--csv", str(out)])
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [[cell.removesuffix(" 00:00:00") for cell in row] for row in rows]


def mart(published_sample: Pipeline, sql: str) -> list[list[str]]:
    rows = published_sample.query(sql, path=published_sample.published)
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def test_composite_of_a_department_by_month_is_the_mart(
    metrics: Pipeline, published_sample: Pipeline, tmp_path: Path
) -> None:
    answer = ask(
        metrics,
        tmp_path / "answer.csv",
        *("--metrics", "constant_stock,official_stock"),
        *("--group-by", "metric_time__month"),
        *("--where", "{{ Entity('territory') }} = 'D59'"),
        *("--order", "metric_time__month"),
    )
    assert answer == mart(
        published_sample,
        """
        select month, constant_stock, official_stock from marts.fct_composite_stock
        where territory_id = 'D59' order by month
        """,
    )


def test_composite_by_year_is_the_last_month_of_the_country(
    metrics: Pipeline, published_sample: Pipeline, tmp_path: Path
) -> None:
    """No territory asked: the departments and NL, which are the country, and no region on top."""
    answer = ask(
        metrics,
        tmp_path / "answer.csv",
        *("--metrics", "constant_stock,official_stock"),
        *("--group-by", "metric_time__year"),
        *("--order", "metric_time__year"),
    )
    assert len(answer) >= 6
    assert answer == mart(
        published_sample,
        """
        select cast(date_trunc('year', month) as date), constant_stock, official_stock
        from marts.fct_composite_stock
        where territory_id = 'FR'
        qualify month = max(month) over (partition by year(month))
        order by month
        """,
    )


def test_stock_by_type_of_a_region_is_the_last_month_of_each_type(
    metrics: Pipeline, published_sample: Pipeline, tmp_path: Path
) -> None:
    answer = ask(
        metrics,
        tmp_path / "answer.csv",
        *("--metrics", "stock"),
        *("--group-by", "structure_type"),
        *("--where", "{{ Dimension('territory__region_id') }} = 'R84'"),
        *("--order", "structure_type"),
    )
    assert len(answer) == 7
    assert answer == mart(
        published_sample,
        """
        select structure_type, stock from marts.fct_stock_by_structure_type
        where territory_id = 'R84'
        qualify month = max(month) over (partition by structure_type)
        order by structure_type
        """,
    )


def test_rate_and_change_of_a_region_are_those_of_the_mart(
    metrics: Pipeline, published_sample: Pipeline, tmp_path: Path
) -> None:
    answer = ask(
        metrics,
        tmp_path / "answer.csv",
        *("--metrics", "constant_stock_per_10000_inhabitants,constant_stock_change"),
        *("--group-by", "metric_time__month"),
        *("--where", "{{ Dimension('territory__region_id') }} = 'R11'"),
        *("--order", "metric_time__month"),
    )
    expected = mart(
        published_sample,
        """
        select month, constant_stock * 10000 / population, constant_change
        from marts.fct_composite_stock inner join marts.dim_territories using (territory_id)
        where territory_id = 'R11' order by month
        """,
    )
    assert [[row[0], row[2]] for row in answer] == [[row[0], row[2]] for row in expected]
    assert [float(row[1]) for row in answer] == pytest.approx([float(row[1]) for row in expected])


def test_flows_of_a_year_are_the_sum_of_its_months(
    metrics: Pipeline, published_sample: Pipeline, tmp_path: Path
) -> None:
    """Unlike the stock. Regions are asked for by their departments, as everywhere."""
    answer = ask(
        metrics,
        tmp_path / "answer.csv",
        *("--metrics", "entries,exits"),
        *("--group-by", "metric_time__year,structure_type"),
        *("--where", "{{ Dimension('territory__region_id') }} = 'R84'"),
        *("--order", "metric_time__year,structure_type"),
    )
    assert answer == mart(
        published_sample,
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
    )


def test_structures_are_those_of_the_last_month(
    metrics: Pipeline, published_sample: Pipeline, tmp_path: Path
) -> None:
    answer = ask(
        metrics,
        tmp_path / "answer.csv",
        *("--metrics", "structures"),
        *("--group-by", "structure_type"),
        *("--order", "structure_type"),
    )
    assert answer == mart(
        published_sample,
        """
        select structure_type, nb_structures from marts.fct_structures_by_structure_type
        where territory_id = 'FR'
        qualify month = max(month) over (partition by structure_type)
        order by structure_type
        """,
    )
