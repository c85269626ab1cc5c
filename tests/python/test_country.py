"""What is open for the country beside the stock: the audit refuses whatever would tell more."""

from __future__ import annotations

import duckdb
import pytest

from iae.protection.country import WRONG, tables_that_tell

# Two months of ACI: 12 people, 9 of whom stay, then 13; the stock is rounded to 10, then 15, those
# who stay to 10. 16 people in the year, in 3 structures; 4 should declare, 3 do.
TABLES = """
create schema marts;
create schema open_data;
create table marts.dim_structure_types as
from (values ('ACI', 'present_last_day'), ('ITI', 'entered_recently'))
as t (structure_type, stock_rule);
create table marts.fct_stock_by_structure_type as
from (values (date '2021-01-01', 'FR', 'ACI', 12), ('2021-02-01', 'FR', 'ACI', 13))
as t (month, territory_id, structure_type, stock);
create table open_data.stock_by_structure_type as
from (values (date '2021-01-01', 'FR', 'ACI', 10), ('2021-02-01', 'FR', 'ACI', 15))
as t (month, territory_id, structure_type, stock);
create table marts.fct_composite_stock (month date, territory_id varchar, constant_stock bigint);
create table open_data.composite_stock as from marts.fct_composite_stock;
create table marts.fct_flows_by_structure_type as
from (values (date '2021-01-01', 'FR', 'ACI', null, null, null),
    ('2021-02-01', 'FR', 'ACI', 4, 3, 1))
as t (month, territory_id, structure_type, entries, exits, returns);
create table open_data.flows_by_structure_type as
from (values (date '2021-01-01', 'FR', 'ACI', null, null, null),
    ('2021-02-01', 'FR', 'ACI', 5, 0, 5))
as t (month, territory_id, structure_type, entries, exits, returns);
create table marts.fct_people_by_year as
from (values (2021, 'FR', 'ACI', 16)) as t (year, territory_id, component, nb_people);
create table open_data.people_by_year as
from (values (2021, 'FR', 'ACI', 15)) as t (year, territory_id, component, nb_people);
create table marts.fct_structures_by_structure_type as
from (values (date '2021-01-01', 'FR', 'ACI', 3))
as t (month, territory_id, structure_type, nb_structures);
create table open_data.structures_by_structure_type as
from (values (date '2021-01-01', 'FR', 'ACI', 5))
as t (month, territory_id, structure_type, nb_structures);
create table marts.fct_declarations as
from (values (date '2021-01-01', 'FR', 'ACI', 4, 3))
as t (month, territory_id, structure_type, nb_expected, nb_declared);
create table open_data.declarations as
from (values (date '2021-01-01', 'FR', 'ACI', 5, 5, 1.0))
as t (month, territory_id, structure_type, nb_expected, nb_declared, declaration_rate);
"""


def told_after(change: str) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        connection.execute(change)
        return tables_that_tell(connection, set(WRONG), 5)


def test_tables_that_follow_from_the_rounded_stock_are_let_through() -> None:
    assert told_after("") == []


@pytest.mark.parametrize(
    ("table", "change"),
    [
        # Exact, or another multiple than the two around.
        ("flows_by_structure_type", "set entries = 4, exits = -1 where entries = 5"),
        ("flows_by_structure_type", "set entries = 15, exits = 10 where entries = 5"),
        ("flows_by_structure_type", "set returns = 1 where entries = 5"),
        ("people_by_year", "set nb_people = 16"),
        ("people_by_year", "set nb_people = 25"),
        ("structures_by_structure_type", "set nb_structures = 3"),
        ("structures_by_structure_type", "set nb_structures = 10"),
        ("declarations", "set nb_expected = 4"),
        ("declarations", "set nb_declared = 3"),
        # Beyond what the rounded stock says.
        ("flows_by_structure_type", "set exits = 5 where entries = 5"),
        ("flows_by_structure_type", "set returns = 10 where entries = 5"),
        ("declarations", "set nb_expected = 0"),
        ("declarations", "set declaration_rate = 0.75"),
        # Another territory, or months where nobody can know.
        ("flows_by_structure_type", "set entries = 0, exits = 0 where entries is null"),
        ("flows_by_structure_type", "set structure_type = 'ITI'"),
        ("people_by_year", "set territory_id = 'D01'"),
        ("structures_by_structure_type", "set territory_id = 'R84'"),
        ("declarations", "set territory_id = 'NL'"),
    ],
)
def test_a_figure_that_would_tell_more_is_found(table: str, change: str) -> None:
    assert told_after(f"update open_data.{table} {change}") == [table]


def test_rounded_sides_of_the_stock_are_not_told_by_what_is_beside_it() -> None:
    stock = "update open_data.stock_by_structure_type set stock = "
    # 15 people in a year of which a month has 20.
    assert told_after(stock + "20") == ["flows_by_structure_type", "people_by_year"]
    # 20 people in a year whose months show 15 in all.
    fewer = stock + "if(month = '2021-01-01', 10, 5); update open_data.people_by_year "
    assert told_after(fewer + "set nb_people = 20") == ["flows_by_structure_type", "people_by_year"]
    # A structure where the stock is rounded to nobody.
    told = told_after(stock + "if(month = '2021-01-01', 0, 15)")
    assert told == ["flows_by_structure_type", "structures_by_structure_type"]
