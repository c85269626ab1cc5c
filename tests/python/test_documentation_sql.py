"""The SQL of the front page of the catalogue and of the README, as readers copy it."""

from __future__ import annotations

import re

import pytest

from conftest import PROJECT, Pipeline

SQL_BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Layers that are in the working warehouse only: what explains a figure down to the files.
WORKING_LAYERS = re.compile(r"\b(raw|intermediate)\.")
# The sample does not make up the published series: its marts are there, empty.
PUBLISHED_SERIES = re.compile(r"\bfct_(published_\w+|reconciliation)\b")


def sql_blocks(document: str) -> list[str]:
    return SQL_BLOCK.findall((PROJECT / document).read_text(encoding="utf-8"))


QUERIES = {
    f"{document}-{number}": block
    for document in ("models/docs/overview.md", "README.md")
    for number, block in enumerate(sql_blocks(document), 1)
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_query_runs_as_written_and_finds_rows(query: str, published_sample: Pipeline) -> None:
    working = WORKING_LAYERS.search(query) is not None
    path = published_sample.warehouse if working else published_sample.published
    assert published_sample.query(query, path=path) or PUBLISHED_SERIES.search(query)


def test_front_page_has_queries_for_every_mart(published_sample: Pipeline) -> None:
    front_page = (PROJECT / "models/docs/overview.md").read_text(encoding="utf-8")
    marts = published_sample.query(
        "select table_name from duckdb_tables() where schema_name = 'marts'",
        path=published_sample.published,
    )
    assert {f"`{mart}`" for (mart,) in marts} <= set(re.findall(r"`\w+`", front_page))


def test_explained_figure_is_the_number_of_its_people(published_sample: Pipeline) -> None:
    """The chain of the front page holds: cell, people, rows of the source, lines of the file."""
    cell, people, rows, lines, contracts, _ = (
        published_sample.query(block)
        for block in sql_blocks("models/docs/overview.md")
        if "2021-12-01" in block or "located_by" in block
    )
    assert cell == [(len(people),)]
    counted = [row for row in rows if row[3] == "counted"]
    assert {row[0] for row in counted} == {person for (person,) in people}
    assert len(lines) == len(rows)
    assert contracts
