"""`iae explain` on the sample; test_beyond_by_hand.py has cells by hand."""

from __future__ import annotations

import json

import duckdb
import pytest

from conftest import Pipeline
from iae.errors import IaeError
from iae.explain import explain
from iae.territories import find_territory

# Each type, each scope and each level.
CELLS = [
    ("ACI", "59", "2021-12"),
    ("AI", "Bretagne", "2022-03"),
    ("EI", "R84", "2018-07"),
    ("ETTI", "FR", "2020-04"),
    ("EITI", "france", "2021-06"),
    ("GEIQ", "Provence-Alpes-Côte d'Azur", "2022-04"),
    ("GEIQ", "FR", "2021-10"),
    ("ITI", "FR", "2022-05"),
    ("AI", "NL", "2022-09"),
    ("constant", "PACA", "2022-09"),
    ("official", "fr", "2022-03"),
]


@pytest.mark.parametrize(("name", "territory", "month"), CELLS)
def test_its_persons_are_the_stock(
    published_sample: Pipeline, name: str, territory: str, month: str
) -> None:
    with duckdb.connect(str(published_sample.warehouse), read_only=True) as connection:
        told = explain(connection, name, territory, month)
    stock_of, condition = (
        (f"{name}_stock from marts.fct_composite_stock", "true")
        if name in ("official", "constant")
        else ("stock from marts.fct_stock_by_structure_type", f"structure_type = '{name}'")
    )
    stocks = dict(
        published_sample.query(
            f"select strftime(month, '%Y-%m'), {stock_of}"
            f" where territory_id = '{told.cell.territory.territory_id}' and {condition}"
        )
    )
    stock = stocks[month]
    assert told.nb_people == told.figure.stock == stock
    assert stock > 0
    assert told.month_before.stock == stocks[f"{told.month_before.month:%Y-%m}"]
    assert told.year_before.stock == stocks.get(f"{told.year_before.month:%Y-%m}")
    if told.figure.entries is not None and told.figure.exits is not None:
        assert stock == told.month_before.stock + told.figure.entries - told.figure.exits
    # Rows and structures hold everybody, some of them twice.
    assert sum(one.nb_people for one in told.rows if one.outcome == "counted") >= stock
    if name not in ("ITI", "official"):
        assert sum(one.nb_people for one in told.structures) >= stock


def test_command_gives_the_same_as_data(published_sample: Pipeline) -> None:
    written = published_sample.iae_here("explain", "AI", "59", "2021-12", "--json")
    told = json.loads(written)
    assert told["cell"]["territory"] == {
        "territory_id": "D59",
        "level": "departmental",
        "name": "Nord",
    }
    assert told["figure"]["month"] == "2021-12-01"
    assert told["figure"]["stock"] == told["nb_people"]
    assert "person" not in written
    shown = published_sample.iae_here("explain", "constant", "Bretagne", "2022-09")
    assert "constant, Bretagne (R53), 2022-09:" in shown
    assert "And " in shown  # more than ten structures


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ETI", "59", "2021-12"), "ETI is no structure type (did you mean"),
        (("AI", "Bretange", "2021-12"), "did you mean Bretagne?"),
        (("AI", "Mayotte", "2021-12"), "Mayotte (D976) is outside the coverage"),
        (("AI", "59", "2021-13"), "2021-13 is not a month: write it as 2022-09."),
        (("AI", "59", "december"), "december is not a month"),
        (("EITI", "59", "2019-11"), "give a month from 2019-12 to"),
        (("constant", "59", "2016-12"), "give a month from 2017-01 to"),
    ],
)
def test_word_that_names_nothing_is_refused_with_what_there_is(
    published_sample: Pipeline, words: tuple[str, str, str], sentence: str
) -> None:
    with (
        duckdb.connect(str(published_sample.warehouse), read_only=True) as connection,
        pytest.raises(IaeError) as raised,
    ):
        explain(connection, *words)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_warehouse_that_is_not_built_says_so() -> None:
    with duckdb.connect() as connection, pytest.raises(IaeError, match="run dbt build first"):
        explain(connection, "AI", "59", "2021-12")


@pytest.mark.parametrize(
    ("text", "territory_id"),
    [
        ("59", "D59"),
        ("1", "D01"),
        ("2a", "D2A"),
        ("D971", "D971"),
        ("Côtes-d'Armor (22)", "D22"),
        ("FR", "FR"),
        ("France", "FR"),
        ("non localisé", "NL"),
        ("R93", "R93"),
        # The same digits name a department and a region: the department's.
        ("93", "D93"),
        ("La Réunion", "D974"),
        ("PACA", "R93"),
    ],
)
def test_territory_is_understood_as_in_the_extracts(text: str, territory_id: str) -> None:
    assert find_territory(text).territory_id == territory_id
