"""What the loader takes for a usable value is what the models read: each rule tried on both."""

from __future__ import annotations

import duckdb
import pytest
from jinja2 import Environment

from conftest import PROJECT
from iae.loading.codes import dates, places, sirets
from iae.loading.declaration import Key
from iae.loading.formats.workbook import _is_total
from iae.loading.sources.bpifrance_iti import BPIFRANCE_ITI
from test_territories import CASES

[MONTH] = [key for key in BPIFRANCE_ITI.tables[0].keys if key.column == "mois"]

# Each macro of the models, the key of the loader, and the texts tried: whether they are read.
FORMS: dict[str, tuple[str, Key, dict[str, bool]]] = {
    "SIRET": (
        "parse_siret(trim_text('value'))",
        sirets("value")[0],
        {
            **dict.fromkeys(("12345678900011", "2345678900011", "345678900011"), True),
            **dict.fromkeys(("123 456 789 00011", "123\u202f456\u00a0789\u200900011"), True),
            **dict.fromkeys(("\ufeff12345678900011", "12345678900011\u200b"), True),
            **dict.fromkeys(("123.456.789.00011", "'12345678900011", '="12345678900011"'), True),
            **dict.fromkeys(('\'="12345678900011"', '="\'12345678900011"'), True),
            **dict.fromkeys(("12345678900011.0", "12345678900011,0", '="12345678900011.0"'), True),
            **dict.fromkeys(("", "45678900011", "12..345678900011", "12345678900011.00"), False),
            **dict.fromkeys(("4,12341E+13", "1.23E+13", "12,345,678,900,011"), False),
            **dict.fromkeys(("123-456-789-00011", "FR12345678900011"), False),
        },
    ),
    "date": (
        "parse_date(trim_white_space('value'))",
        dates("value")[0],
        {
            **dict.fromkeys(("01/02/2022", "01/02/2022 10:11:12", " 01/02/2022\u00a0"), True),
            **dict.fromkeys(("01/02/2022\u2009", "1/2/2022", "01/02/22", "01-02-2022"), False),
            **dict.fromkeys(("2022-02-01", "01/02/2022 10:00", "44593"), False),
            **dict.fromkeys(("30/02/2022", "00/00/0000"), False),
        },
    ),
    "month": (
        "parse_month(trim_text('value'))",
        MONTH,
        {
            **dict.fromkeys(("2021-01", "2021-01-01", "2021-01-01T00:00:00", "01/2021"), True),
            **dict.fromkeys(("janv.-21", "janvier 2021", "Fe\u0301vr. 2021", "DÉC 21"), True),
            **dict.fromkeys(("1/2021", "2021/01", "01-2021", "202101", "44197"), False),
            **dict.fromkeys(("T1 2021", "01/01/2021", "Total"), False),
        },
    ),
}


RULES = ("is_total_label", "normalise_label", "parse_*", "strip_*", "trim_*", "whole_match")


def models_read(expression: str, texts: list[str], is_read: str = "is not null") -> set[str]:
    """Return the texts that an expression of the project's macros reads."""
    macros = "".join(
        path.read_text() for rule in RULES for path in (PROJECT / "macros").glob(f"{rule}.sql")
    )
    sql = Environment().from_string(macros + "{{ " + expression + " }}").render()  # noqa: S701
    return of_which(texts, f"({sql}) {is_read}")


def of_which(texts: list[str], condition: str) -> set[str]:
    """The texts for which a condition on `value` is true."""
    sql = f"select value from (select unnest($texts) as value) where {condition}"
    return {text for (text,) in duckdb.execute(sql, {"texts": texts}).fetchall()}


@pytest.mark.parametrize(("expression", "key", "forms"), FORMS.values(), ids=FORMS)
def test_a_value_is_read_by_both_or_by_none(
    expression: str, key: Key, forms: dict[str, bool]
) -> None:
    read = {text for text, is_read in forms.items() if is_read}
    assert models_read(expression, [*forms]) == read
    assert of_which([*forms], key.usable("value")) == read


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("commune", places(communes=("value",))),
        ("postcode", places(postcodes=("value",))),
        ("department", places(departments=("value",))),
    ],
)
def test_no_place_that_the_models_find_is_unusable(kind: str, key: tuple[Key, ...]) -> None:
    found = [
        case["raw_value"] for case in CASES if case["value_kind"] == kind and case["territory_code"]
    ]
    assert of_which(found, key[0].usable("value")) == {*found}


TOTALS = {
    **dict.fromkeys(("Total", "TOTAL 2021", "\u00a0Total", "*Total*", "« Total »"), True),
    **dict.fromkeys(("Sous-total", "sous total", "SOUS\u2011TOTAL", "Sous\u2013total"), True),
    **dict.fromkeys(("Sous-total Bretagne", "Sous\u00a0total", "ensemble des réseaux"), True),
    **dict.fromkeys(("Ensemble", "ENSEMBLE DES RÉSEAUX", "Sous\u00a0-\u00a0total"), True),
    **dict.fromkeys(("", "Bretagne", "Totaux", "Le total", "Sous", "Cumul"), False),
}


def test_how_a_total_is_told() -> None:
    totals = {text for text, is_total in TOTALS.items() if is_total}
    assert {*filter(_is_total, TOTALS)} == totals
    assert models_read("is_total_label('value')", [*TOTALS], "= true") == totals
