"""The definition in docs: its tables agree with the seeds, the code cites headings that exist."""

from __future__ import annotations

import re
import subprocess

import pytest

from conftest import PROJECT
from iae.loading.sources import SOURCES
from oracle import read_seed

DOCUMENTS = {path.name: path.read_text("utf-8") for path in (PROJECT / "docs").glob("*.md")}
CITATION = re.compile(r'\b(indicator|sources|statistics|protection)\.md(?:, "([^"]+)")?')


def table_of(document: str, *columns: str) -> list[tuple[str, ...]]:
    """The rows of the table whose header is `columns`, without the back quotes."""
    lines = iter(DOCUMENTS[document].splitlines())
    header = f"| {' | '.join(columns)} |"
    assert header in lines, f"{document} has no table {header}"
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(tuple(cell.strip().strip("`") for cell in line.strip("|").split("|")))
    return rows


def test_structure_types_are_those_of_the_seed() -> None:
    columns = ("type", "label", "source", "rule", "first month")
    assert table_of("indicator.md", *columns) == [
        (
            row["structure_type"],
            row["label"],
            row["source"],
            row["stock_rule"],
            row["first_month"][:7],
        )
        for row in read_seed("structure_types")
    ]


def test_provisional_months_are_those_of_the_seed() -> None:
    assert table_of("indicator.md", "type", "last months") == [
        (row["structure_type"], row["provisional_months"]) for row in read_seed("structure_types")
    ]


def test_measures_are_those_of_the_seed() -> None:
    said = {
        measure: "" if text.startswith("none") else text
        for measure, text in table_of("indicator.md", "measure", "type")
    }
    assert said == {row["measure_code"]: row["structure_type"] for row in read_seed("asp_measures")}


def test_scopes_are_those_of_the_seed() -> None:
    said = {
        (scope, structure_type, month)
        for scope, types, month in table_of("indicator.md", "scope", "types", "from")
        for structure_type in types.split(", ")
    }
    assert said == {
        (row["scope"], row["structure_type"], row["first_month"][:7])
        for row in read_seed("composite_scopes")
    }


@pytest.mark.parametrize(
    "view", ["Structure", "AnnexeFinanciere", "ContratMission", "EtatMensuelIndiv"]
)
def test_columns_that_land_are_those_of_the_declaration(view: str) -> None:
    said = dict(table_of("sources.md", "table", "columns that land"))
    declared = {
        table.example.split("_")[1]: table.columns for table in SOURCES["asp_fluxiae"].tables
    }
    assert tuple(re.findall(r"\w+", said[view])) == declared[view]


def test_every_citation_names_a_heading() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--", "*.py", "*.sql", "*.yml", "*.md", "*.csv"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    headings = {
        name: {line.lstrip("# ") for line in text.splitlines() if line.startswith("#")}
        for name, text in DOCUMENTS.items()
    }
    lost = [
        f"{path}: {document}.md, {heading}"
        for path in listed
        for document, words in CITATION.findall((PROJECT / path).read_text("utf-8"))
        for heading in [re.sub(r"\s+(#|--)?\s*", " ", words)]
        if heading and heading not in headings.get(f"{document}.md", set())
    ]
    assert not lost
