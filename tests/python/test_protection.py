"""The audit in the publication: what would tell of somebody is not published, by any way."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from iae.presenters.protection import show_protection
from iae.protection.audit import ProtectionError, audit_open_data, read_record
from iae.protection.rounding import draws, rounded
from iae.publishing.swap import publish
from test_rounding import EXAMPLE, SMALL

MONTHS = (date(2021, 3, 1), date(2022, 3, 1))
SCHEMA = """
create schema raw; create schema intermediate; create schema reference;
create schema marts; create schema open_data;
create table raw.project_files (path varchar, digest varchar);
create table raw.project_files_on_disk (path varchar, digest varchar);
create table reference.composite_scopes as
select unnest(['constant', 'constant', 'official', 'official', 'official']) as scope,
    unnest(['ACI', 'AI', 'ACI', 'AI', 'EITI']) as structure_type, date '2017-01-01' as first_month;
create table marts.dim_territories (
    territory_id varchar, territory_level varchar, region_id varchar, is_covered boolean
);
insert into marts.dim_territories values
    ('FR', 'national', null, true), ('R1', 'regional', 'R1', true), ('R2', 'regional', 'R2', true),
    ('D01', 'departmental', 'R1', true), ('D02', 'departmental', 'R1', true),
    ('D03', 'departmental', 'R2', true), ('NL', 'unlocated', null, true),
    ('D976', 'departmental', 'R06', false);
create table marts.dim_structure_types as select 'ACI' as structure_type;
create table marts.audit_extracts as
select 'asp_fluxiae' as source, false as is_synthetic union all select 'barometre', false;
create table marts.audit_builds as
select 'run' as invocation_id, timestamp '2022-04-01' as started_at, []::varchar[] as warnings;
create table marts.audit_rounding as
select 'national' as territory_level, 'ACI' as component, 0.1::double as mean_deviation,
    1.5::double as mean_absolute_deviation, 4::bigint as largest_deviation;
create table marts.fct_published_stock (
    edition date, month date, territory_id varchar, stock bigint
);
create table marts.fct_published_revisions as select 1 as revision;
create table marts.fct_stock_by_structure_type (
    month date, territory_id varchar, structure_type varchar, stock bigint
);
create table marts.fct_composite_stock (
    month date, territory_id varchar, official_stock bigint, constant_stock bigint
);
create table open_data.territories as from marts.dim_territories;
create table open_data.structure_types as from marts.dim_structure_types;
create table open_data.published_stock as from marts.fct_published_stock;
create table open_data.published_revisions as from marts.fct_published_revisions;
create table open_data.extracts as from marts.audit_extracts;
create table open_data.protection as select 5 as rounding_base, true as is_protected;
create table open_data.stock_by_structure_type as from marts.fct_stock_by_structure_type;
create table open_data.composite_stock (
    month date, territory_id varchar, official_stock bigint, constant_stock bigint,
    official_change bigint, official_change_percent double,
    constant_change bigint, constant_change_percent double
);
create table open_data.reconciliation (
    month date, territory_id varchar, constant_stock bigint, published_stock bigint,
    difference bigint, difference_rate double
);
"""
FOLLOWS = """
update open_data.composite_stock as now
set official_change = now.official_stock - before.official_stock,
    official_change_percent =
        100 * (now.official_stock - before.official_stock) / nullif(before.official_stock, 0),
from open_data.composite_stock as before
where now.month = before.month + interval 12 month and now.territory_id = before.territory_id;
insert into open_data.reconciliation
select month, territory_id, constant_stock, 7, constant_stock - 7, (constant_stock - 7) / 7
from open_data.composite_stock where territory_id != 'NL';
create table intermediate.int_publication_proof as
select table_name as unique_id, table_schema as schema_name, table_name,
    null::varchar as reason, 1 as reason_rank
from information_schema.tables where table_schema in ('marts', 'open_data');
"""


def write_warehouse(path: Path, table: list[list[int]], salt: str = "salt") -> Path:
    """A working file by hand: two months of SMALL's cells, exact in marts, rounded in open_data."""
    exact = SMALL.summed(np.array(table))
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
        for month in MONTHS:
            grid = rounded(SMALL, exact, 5, draws(SMALL, str(month), salt))
            for place, territory in enumerate(SMALL.territories):
                for schema, cells in (("marts.fct_", exact), ("open_data.", grid)):
                    aci, ai, eiti, constant, official = (int(cell) for cell in cells[place])
                    connection.executemany(
                        f"insert into {schema}stock_by_structure_type values (?, ?, ?, ?)",
                        [
                            (month, territory, name, people)
                            for name, people in (("ACI", aci), ("AI", ai), ("EITI", eiti))
                        ],
                    )
                    connection.execute(
                        f"insert into {schema}composite_stock "
                        "(month, territory_id, official_stock, constant_stock) values (?, ?, ?, ?)",
                        [month, territory, official, constant],
                    )
        connection.execute(FOLLOWS)
    return path


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return write_warehouse(tmp_path / "build.duckdb", EXAMPLE.tolist())


def publish_here(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        publish(connection, warehouse.with_name("iae.duckdb"))


def test_what_the_audit_saw_is_published_with_the_figures(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        publication = publish(connection, warehouse.with_name("iae.duckdb"))
    with duckdb.connect(str(publication.path), read_only=True) as connection:
        protection = read_record(connection)
    assert protection is not None
    assert protection == publication.protection
    # 12, 3, 0 / 7, 2, 1 / 21, 10, 4 / 0, 1, 0: 3, 2, 1, 4 and 1; NL twice more; R1 1; R2 4.
    assert (protection.base, protection.nb_cells, protection.nb_sensitive) == (5, 70, 18)
    assert (protection.nb_known, protection.nb_unchanged, protection.nb_betrayed) == (0, 0, 0)


def test_says_how_many_unchanged_cells_are_rounded_otherwise(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_here(warehouse)
    other = write_warehouse(warehouse.with_name("other.duckdb"), EXAMPLE.tolist(), salt="other")
    with duckdb.connect(str(other), read_only=True) as connection:
        protection = audit_open_data(connection, warehouse.with_name("iae.duckdb"))
    assert protection is not None
    assert protection.nb_unchanged == 70
    assert protection.nb_moved >= protection.nb_betrayed > 0
    show_protection(protection)
    assert f"{protection.nb_moved} are rounded otherwise" in capsys.readouterr().out


NOT_ROUNDED = "are not the exact ones rounded to 5"
NOT_DERIVED = "open changes or differences are not those of the rounded figures"
# What is done to the open tables, and the sentence that refuses it.
FAULTS = {
    "an exact cell": (
        "update open_data.stock_by_structure_type set stock = 3 "
        "where territory_id = 'D01' and structure_type = 'AI'",
        NOT_ROUNDED,
    ),
    "a broken sum": (
        "update open_data.composite_stock set official_stock = official_stock + 5 "
        "where territory_id = 'R1'",
        NOT_ROUNDED,
    ),
    # What is derived from it is not in the way of the audit of the cell itself.
    "a cell far from the exact one": (
        """
        update open_data.stock_by_structure_type set stock = stock + 10
        where territory_id in ('NL', 'FR') and structure_type = 'ACI';
        update open_data.composite_stock
        set official_stock = official_stock + 10, constant_stock = constant_stock + 10
        where territory_id in ('NL', 'FR');
        delete from open_data.reconciliation;
        update open_data.composite_stock set official_change = null, official_change_percent = null
        """,
        NOT_ROUNDED,
    ),
    "a missing cell": (
        "delete from open_data.stock_by_structure_type where territory_id = 'D02'",
        "lack cells",
    ),
    "an exact change": (
        "update open_data.composite_stock set official_change = 2 "
        "where official_change is not null and territory_id = 'D01'",
        NOT_DERIVED,
    ),
    "an exact change of the constant scope": (
        "update open_data.composite_stock set constant_change = 2 "
        "where official_change is not null and territory_id = 'D01'",
        NOT_DERIVED,
    ),
    "an exact difference": (
        "update open_data.reconciliation set difference = 1 where territory_id = 'FR'",
        NOT_DERIVED,
    ),
    "an unknown table": (
        "create table open_data.secrets as from marts.fct_stock_by_structure_type",
        "open_data.secrets is not audited",
    ),
    "a figure that was not public": (
        "insert into open_data.published_stock values ('2023-01-18', '2022-03-01', 'D01', 3)",
        "open_data.published_stock is not what was public already",
    ),
}


@pytest.mark.parametrize(("fault", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_figure_that_tells_is_not_published(warehouse: Path, fault: str, sentence: str) -> None:
    publish_here(warehouse)
    published = warehouse.with_name("iae.duckdb")
    before = published.read_bytes()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.audit_builds set invocation_id = 'the next run'")
        connection.execute(fault)
    with pytest.raises(ProtectionError, match=sentence) as refused:
        publish_here(warehouse)
    assert "nothing is published" in str(refused.value)
    assert published.read_bytes() == before


def test_a_cell_that_public_totals_confine_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    # Ain has one person in each type. The series that was published says 3: where one type is
    # rounded to 5, it has 1 at least, and the two others 2 at most.
    table = [[1, 1, 1], [30, 31, 32], [20, 22, 13], [41, 42, 43]]
    exact = SMALL.summed(np.array(table))
    salt = next(
        salt
        for salt in map(str, range(1000))
        if rounded(SMALL, exact, 5, draws(SMALL, str(MONTHS[1]), salt))[0, :3].any()
    )
    path = write_warehouse(tmp_path / "build.duckdb", table, salt)
    with duckdb.connect(str(path)) as connection:
        audit_open_data(connection, tmp_path / "iae.duckdb")
        for name in ("marts.fct_published_stock", "open_data.published_stock"):
            connection.execute(f"insert into {name} values ('2023-01-18', '2022-03-01', 'D01', 3)")
        with pytest.raises(
            ProtectionError, match="2022-03 D01 ACI, 2022-03 D01 AI, 2022-03 D01 EITI"
        ):
            audit_open_data(connection, tmp_path / "iae.duckdb")
        # Synthetic figures are not those that were published.
        connection.execute(
            "update marts.audit_extracts set is_synthetic = true where source = 'asp_fluxiae'"
        )
        connection.execute(
            "create or replace table open_data.extracts as from marts.audit_extracts"
        )
        audit_open_data(connection, tmp_path / "iae.duckdb")
