"""Codes and labels become territories on the whole reference, as indicator.md says.

`territory_cases.csv` holds the cases decided by hand from "Harmonising a code or a label", each
with its rule. The other tests run a rule over the whole reference.
"""

from __future__ import annotations

import csv
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest

from compiled_project import CompiledProject
from conftest import Pipeline
from iae.loading.raw_tables import opened_to_load
from oracle import read_seed

_TEXT = Path(__file__).with_name("territory_cases.csv").read_text("utf-8")
CASES = list(csv.DictReader(_TEXT.splitlines()))

Value = tuple[str, str]
Territory = tuple[str | None, str | None, bool | None]

OUTSIDE_COVERAGE = {
    ("departmental", "976"),
    ("regional", "06"),
    *(
        (level, code)
        for level in ("departmental", "regional")
        for code in ("975", "977", "978", "984", "986", "987", "988", "989")
    ),
}


def department_spellings() -> list[tuple[Value, str]]:
    """Spellings that follow from the rules for every department, made without the project's SQL."""
    spellings = []
    for department in read_seed("departments"):
        code, name = department["department_code"], department["department_name"]
        plain = "".join(c for c in unicodedata.normalize("NFD", name) if c.isascii())
        spellings += [
            (("department", spelling), code)
            for spelling in (
                code,
                code.lower(),
                code.removeprefix("0"),
                code.rjust(3, "0"),
                f"D{code}",
                f"FR-{code}",
                name,
                plain.upper(),
                plain.replace("-", " ").lower(),
                f"{code} - {name}",
                f"{name} ({code})",
            )
        ] + [(("commune", f"{code}001"[:5]), code)]
    return spellings


def neighbours_confused() -> list[Value]:
    """The code of each department with the name of the next one: they name nothing."""
    return [
        ("department", f"{department['department_code']} {following['department_name']}")
        for department, following in pairwise(read_seed("departments"))
    ]


def postcodes() -> list[tuple[Value, str]]:
    """Every postcode of the reference with the department of most of its inhabitants."""
    most: dict[str, tuple[int, str]] = {}
    for row in read_seed("postcode_departments"):
        candidate = (int(row["population"]), row["department_code"])
        most[row["postcode"]] = max(most.get(row["postcode"], candidate), candidate)
    return [(("postcode", postcode), department) for postcode, (_, department) in most.items()]


@pytest.fixture(scope="module")
def located(
    tmp_path_factory: pytest.TempPathFactory, compiled_project: CompiledProject
) -> dict[Value, Territory]:
    """Level, code and coverage of every value of this module, as the model gives them."""
    values = {
        *((case["value_kind"], case["raw_value"]) for case in CASES),
        *neighbours_confused(),
        *(value for value, _ in department_spellings()),
        *(value for value, _ in postcodes()),
    }
    pipeline = Pipeline(tmp_path_factory.mktemp("territories"))
    with opened_to_load(pipeline.warehouse) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_territory_values (value_kind varchar, raw_value varchar)"
        )
        connection.execute(
            "insert into intermediate.int_territory_values select unnest(?), unnest(?)",
            [list(column) for column in zip(*values, strict=True)],
        )
    compiled_project.build(pipeline.warehouse, only=["int_territory_values_located"])
    return {
        (kind, value): (level, code, is_covered)
        for kind, value, level, code, is_covered in pipeline.query(
            "select value_kind, raw_value, territory_level, territory_code, is_covered"
            " from intermediate.int_territory_values_located"
        )
    }


@pytest.mark.parametrize(
    "case",
    CASES,
    ids=lambda case: f"{case['value_kind']} {case['raw_value']}: {case['rule']}",
)
def test_a_value_names_the_territory_that_its_rule_says(
    located: dict[Value, Territory], case: dict[str, str]
) -> None:
    value = (case["value_kind"], case["raw_value"])
    if not case["territory_code"]:
        assert located[value] == (None, None, None)
        return
    level = "regional" if case["value_kind"] == "region" else "departmental"
    territory = (level, case["territory_code"])
    assert located[value] == (*territory, territory not in OUTSIDE_COVERAGE)


def test_every_department_is_found_by_every_spelling_of_it(
    located: dict[Value, Territory],
) -> None:
    expected = department_spellings()
    assert len(expected) == 109 * 12
    assert {value: located[value][1] for value, _ in expected} == dict(expected)


def test_a_code_with_the_name_of_another_department_names_nothing(
    located: dict[Value, Territory],
) -> None:
    confused = neighbours_confused()
    assert len(confused) == 108
    assert [value for value in confused if located[value][1] is not None] == []


def test_every_postcode_is_in_the_department_of_most_of_its_inhabitants(
    located: dict[Value, Territory],
) -> None:
    expected = postcodes()
    assert len(expected) == 6310
    assert {value: located[value][1] for value, _ in expected} == dict(expected)
