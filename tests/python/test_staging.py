"""What staging reads of a text, decided by hand: months, counts, SIRETs, amendments, hours, ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from compiled_project import CompiledProject
from conftest import Pipeline
from iae.loading.raw_tables import opened_to_load

# Of each table, its raw column and the column read: the texts of each value, between bars.
READ: dict[tuple[str, str, str], dict[Any, str]] = {
    # An Excel date, `2021-03`, `03/2021`, a French name whole or abbreviated, with a year.
    ("bpifrance_iti__iti_entrees", "mois", "month"): {
        date(2021, 3, 1): "2021-03-01|2021-03-31 00:00:00|2021-03-15T10:30:00|2021-03|03/2021"
        "|mars-21|MARS 2021|Mars. 21|mar-2021| mars  2021 ",
        date(2021, 1, 1): "janv.-21|janvier 2021|JANVIER 2021",
        date(2021, 2, 1): "févr.-21|fev 21|Février 2021|FEVRIER-21",
        date(2021, 4, 1): "avr.-21|avril 2021",
        date(2021, 5, 1): "mai-21",
        date(2021, 6, 1): "juin-21",
        date(2021, 7, 1): "juil.-21|Juillet 2021",
        date(2021, 8, 1): "août-21|AOUT 2021",
        date(2021, 9, 1): "sept.-21|septembre 2021",
        date(2021, 10, 1): "oct.-21",
        date(2021, 11, 1): "nov.-21",
        date(2021, 12, 1): "déc.-21|Décembre 2021|décembre\u00a02021",
        None: "2021|13/2021|2021-13|2021-02-30|21-03|mars|mars-1|marsouin 2021|1er trimestre 2021"
        "|2021-3|01/03/2021",
    },
    # Only the white space around a text goes.
    ("bpifrance_iti__iti_entrees", "mois", "month_text"): {"mars  2021": " mars  2021 "},
    # A whole number, with spaces between its thousands or without.
    ("bpifrance_iti__iti_entrees", "entrees", "nb_entries"): {
        12: "12",
        0: "0",
        1234: "1 234|1\u00a0234",
        1_234_567: "1\u202f234\u202f567",
        7: " 7 ",
        None: "12,5|12.0|-3|n.d.|1 23|99999999999999999999|",
    },
    # What a spreadsheet adds goes, lost zeros come back; what a spreadsheet ruined is no SIRET.
    ("extrapro__contrats_pro", "siret_employeur", "siret"): {
        "12345678901234": "12345678901234|123 456 789 01234|\u00a0123\u202f456\u00a0789 01234"
        "|123.456.789.01234|'12345678901234"
        '|="12345678901234"|12345678901234,0|="123 456 789 01234.0"',
        "01234567890123": "1234567890123|1234567890123.0",
        "00123456789012": "123456789012",
        None: "4,12341E+13|12345678901|123456789012345|1234567890123A|1.234567890123E+13"
        "|123456789..01234",
    },
    # An amendment below zero is a number, an empty or unreadable one is none.
    ("asp_fluxiae__annexe_financiere", "af_numero_avenant_renouvellement", "renewal_amendment"): {
        2: " 2 ",
        10: "010",
        None: "1.5|+1|",
    },
    (
        "asp_fluxiae__annexe_financiere",
        "af_numero_avenant_modification",
        "modification_amendment",
    ): {
        -1: "-1",
        9: "9",
        99_999_999_999_999_999_999: "99999999999999999999",
        None: "x|1e3|",
    },
    # The three characters after the measure.
    ("asp_fluxiae__annexe_financiere", "af_numero_annexe_financiere", "annex_department_part"): {
        "054": "ACI054180019",
        "59L": "ETTI59L181001",
        "02A": '="AI 02A 19 0001"',
        None: "054180019|ACI05",
    },
    # Digits only; a number that is too large stays a large one.
    ("asp_fluxiae__etat_mensuel_indiv", "emi_sme_mois", "month_number"): {
        8: "8| 08 ",
        12: "12",
        2_147_483_647: "99999999999",
        None: "1.5|1e1|-1|+1|1 2|1.0|x|",
    },
    # Digits with at most one decimal point and a minus sign; any other text is 0.
    ("asp_fluxiae__etat_mensuel_indiv", "emi_nb_heures_travail", "hours"): {
        152: "152",
        Decimal("7.5"): " 7.5 ",
        Decimal("0.5"): ".5",
        5: "5.",
        Decimal("-0.5"): "-.5",
        -2: "-2",
        0: "0,5|1e3|0.5.5|.|--1|",
    },
    # The white space around an id goes, whichever it is; what is within stays.
    ("asp_fluxiae__etat_mensuel_indiv", "emi_dsm_id", "state_id"): {
        "12": "12|12 |\t12|12\r\n|12\u00a0|\u202f12\u202f",
        "1 2é": "1 2é",
        "é12": "é12 ",
        None: "\u00a0\u202f \t|",
    },
}


def cases() -> Iterator[tuple[str, str, str, str | None, Any]]:
    """Each text by itself; an empty one is tried as NULL too, as where nothing was delivered."""
    for place, texts_of_values in READ.items():
        for value, texts in texts_of_values.items():
            for text in texts.split("|"):
                yield *place, text, value
                if not text:
                    yield *place, None, value


CASES = list(cases())


@pytest.fixture(scope="module")
def read(
    tmp_path_factory: pytest.TempPathFactory, compiled_project: CompiledProject
) -> dict[tuple[str, str | None], Any]:
    """What staging reads of the text of each case, by the column read and the text."""
    pipeline = Pipeline(tmp_path_factory.mktemp("staging"))
    tables = {table for table, *_ in READ}
    with opened_to_load(pipeline.warehouse) as connection:
        for table in tables:
            connection.execute(f"create table landing.{table} as from raw.{table} limit 0")
            connection.execute(f"create or replace view raw.{table} as from landing.{table}")
        for line, (table, raw_column, _, text, _) in enumerate(CASES):
            connection.execute(
                f"insert into landing.{table} by name select $text as {raw_column}, $line as _line",
                {"text": text, "line": line},
            )
    compiled_project.build(pipeline.warehouse, only=[f"stg_{table}" for table in tables])
    return {
        (column, CASES[line][3]): value
        for table, _, column in READ
        for line, value in pipeline.query(f"select file_line, {column} from staging.stg_{table}")
        if CASES[line][2] == column
    }


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [case[2:] for case in CASES],
    ids=[f"{column} {text!r}" for *_, column, text, _ in CASES],
)
def test_a_text_is_read_as_decided(
    read: dict[tuple[str, str | None], Any], column: str, text: str | None, value: object
) -> None:
    assert read[column, text] == value
