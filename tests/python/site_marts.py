"""Published files for the tests of the page: figures known in advance, and the real editions.

The stock of a type in a department is ``BASE[type] + rank of the department + rank of the month``,
so that every figure of the page can be computed by hand. Nobody is « non localisé ».
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from conftest import REAL_EDITIONS

BASE = {"ACI": 400, "AI": 300, "EI": 200, "ETTI": 100, "GEIQ": 60, "ITI": 50, "EITI": 10}
BASES = f"(values {', '.join(map(str, BASE.items()))}) as bases (structure_type, base)"
SOURCES = ["asp_fluxiae", "extrapro", "asp_contrats_aides", "bpifrance_iti"]
CONSTANT = ("ACI", "AI", "EI", "ETTI")
MONTHS = 33  # 2019-10 … 2022-06, the break of 2021-01 among them
RANKS = f"""
create temp table months as
select range::integer as position, (date '2019-10-01' + to_months(range::integer))::date as month
from range({MONTHS});
"""
REFERENCE = (
    "marts.dim_territories",
    "marts.dim_structure_types",
    "open_data.metadata",
    "open_data.composite_scopes",
    "open_data.structure_type_sources",
)
# As if the figures of the marts had come out of the rounding.
OPENED = (
    "fct_stock_by_structure_type",
    "fct_composite_stock",
    "fct_published_stock",
    "fct_published_revisions",
    "fct_reconciliation",
    "dim_territories",
    "dim_structure_types",
    "audit_extracts",
)


def write_marts(
    path: Path,
    reference: Path,
    *,
    types: tuple[str, ...] = tuple(BASE),
    published: bool = True,
    synthetic: bool = False,
    without_department: str = "",
    real_editions: bool = False,
    rounded_to: int = 1,
) -> Path:
    """Write the marts as if only `types` had been loaded, the published series with them or not.

    `reference` is a published file: territories, types and what describes the data are its own.
    `real_editions` takes those that come with the project instead of the two made by hand.
    """
    by_hand = published and not real_editions
    editions = REAL_EDITIONS if real_editions else f"({EDITIONS_BY_HAND}) where {by_hand}"
    made_up_editions = synthetic and not real_editions
    with duckdb.connect(str(path)) as connection:
        for sql in (
            f"attach '{reference}' as reference (read_only)",
            "create schema marts; create schema open_data",
            RANKS,
            *(f"create table {table} as from reference.{table}" for table in REFERENCE),
            _stock(list(types), without_department, rounded_to),
            _composite([name for name in BASE if name not in types]),
            _published(editions),
            _reconciliation(by_hand),
            _extracts(SOURCES if types else [], synthetic, made_up_editions),
            *(
                f"create table open_data.{mart.split('_', 1)[1]} as from marts.{mart}"
                for mart in OPENED
            ),
            "create table open_data.protection as "
            f"select {rounded_to} as rounding_base, {rounded_to > 1} as is_protected",
            COUNTRY,
            "checkpoint",
        ):
            connection.execute(sql)
    return path


# France beside the stock, from the rank of the month and the base of the type.
#
# 100 + rank come and rank leave: the stock grows by 100 a month. From rank 12 on, 30 come back.
# Twice the largest stock in a year; a structure for two people of the base; 200 structures should
# declare, and in each of the three last months ten more of them have not.
OF_COUNTRY = "from marts.fct_stock_by_structure_type where territory_id = 'FR'"
RANK = "datediff('month', date '2019-10-01', month)"
COUNTRY = f"""
create table open_data.flows_by_structure_type as
select month, territory_id, structure_type,
    if(month = first_month, null, 100 + {RANK})::bigint as entries,
    if(month = first_month, null, {RANK})::bigint as exits,
    if({RANK} < 12, null, 30)::bigint as returns, is_provisional
from (
    select *, min(month) over (partition by structure_type) as first_month {OF_COUNTRY}
)
where structure_type != 'ITI';
create table open_data.people_by_year as
with
    stocks as (
        select month, structure_type as component, stock, is_provisional {OF_COUNTRY}
        union all
        select month, 'constant', constant_stock, is_provisional
        from marts.fct_composite_stock
        where territory_id = 'FR' and constant_stock is not null
    )
select year(month)::integer as year, 'FR' as territory_id, component,
    2 * max(stock)::bigint as nb_people, count(*) as nb_months,
    bool_or(is_provisional) as is_provisional
from stocks where component != 'ITI' group by all;
create table open_data.structures_by_structure_type as
select month, territory_id, structure_type, (base // 2)::bigint as nb_structures
from (select month, territory_id, structure_type {OF_COUNTRY})
inner join {BASES} using (structure_type)
where structure_type != 'ITI';
create table open_data.declarations as
select month, territory_id, structure_type, 200::bigint as nb_expected,
    200 - 10 * greatest(0, {RANK} - {MONTHS} + 4)::bigint as nb_declared,
    nb_declared / nb_expected as declaration_rate
{OF_COUNTRY} and structure_type in ('ACI', 'AI', 'EI', 'ETTI', 'EITI')
"""


def write_release(database: Path, folder: Path) -> None:
    """An edition of 2022-06-01: without June, and 100 people fewer in the ACI of March 2022."""
    folder.mkdir(parents=True)
    (folder / "datapackage.json").write_text('{"is_synthetic": false}')
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, column, fewer in (
            ("stock_by_structure_type", "stock", "if(structure_type = 'ACI', 100, 0)"),
            ("composite_stock", "official_stock", "100"),
        ):
            is_revised = "month = '2022-03-01' and territory_id = 'FR'"
            said = f"if({is_revised}, {column} - {fewer}, {column}) as {column}"
            connection.execute(
                f"copy (select * replace ({said}) from open_data.{table} "
                f"where month < '2022-06-01') to '{folder / table}.parquet'"
            )


def _stock(types: list[str], without_department: str, rounded_to: int) -> str:
    """The three last months are provisional."""
    return f"""
        create table marts.fct_stock_by_structure_type as
        with
            departments as (
                select territory_id, region_id,
                    row_number() over (order by territory_id) - 1 as department_rank
                from marts.dim_territories where territory_level = 'departmental' and is_covered
            ),
            cells as (
                select month, structure_type, base + department_rank + position as stock,
                    unnest([departments.territory_id, region_id, 'FR']) as territory_id
                from {BASES} inner join marts.dim_structure_types using (structure_type)
                cross join departments cross join months
                where
                    structure_type in {types}::varchar[]
                    and month >= first_month
                    and departments.territory_id != '{without_department}'
            ),
            territories as (
                select month, territory_id, structure_type, sum(stock) as stock
                from cells group by all
                union all
                select distinct month, 'NL', structure_type, 0 from cells
            )
        select * replace ((stock // {rounded_to} * {rounded_to})::bigint as stock),
            month >= '2022-04-01' as is_provisional
        from territories
    """


def _composite(missing: list[str]) -> str:
    """Scopes as indicator.md defines them, written anew here on purpose."""
    of_both = ",".join(sorted({*missing} & {*CONSTANT}))
    from_2021 = ",".join(sorted(missing))
    return f"""
        create table marts.fct_composite_stock as
        with
            scopes as (
                select month, territory_id, is_provisional,
                    sum(stock) filter (structure_type in {CONSTANT})::bigint as constant,
                    sum(stock) filter (
                        structure_type in {CONSTANT} or month >= '2021-01-01'
                    )::bigint as official,
                    nullif(if(month < '2021-01-01', '{of_both}', '{from_2021}'), '') as missing
                from marts.fct_stock_by_structure_type
                group by all
            ),
            complete as (
                select * replace (
                    if(missing is null, official, null) as official,
                    if('{of_both}' = '', constant, null) as constant
                )
                from scopes
            )
        select now.month, now.territory_id,
            now.official as official_stock,
            now.constant as constant_stock,
            now.missing as missing_components,
            now.is_provisional,
            case when year(now.month) <> 2021 then now.official - before.official end
                as official_change,
            100.0 * official_change / nullif(before.official, 0) as official_change_percent,
            now.constant - before.constant as constant_change,
            100.0 * constant_change / nullif(before.constant, 0) as constant_change_percent
        from complete as now
        left join complete as before
            on
                now.territory_id = before.territory_id
                and before.month = now.month - interval 12 months
    """


# Two editions: 2021-12-21 up to 2021-10, 2022-09-20 up to 2022-06; Mayotte has 7 people.
EDITIONS_BY_HAND = """
    with
        cells as (
            select edition, month, if(is_covered, base + position, 7) as stock,
                unnest([territories.territory_id, region_id, 'FR']) as territory_id
            from (values
                (date '2021-12-21', date '2021-10-01', 1100), ('2022-09-20', '2022-06-01', 1000)
            ) as editions (edition, last_month, base)
            cross join months cross join marts.dim_territories as territories
            where
                month <= last_month and territory_level = 'departmental'
                and (is_covered or territories.territory_id = 'D976')
        )
    select edition, month, territory_id, sum(stock) as stock from cells group by all
"""


def _published(editions: str) -> str:
    """The published series, and how each edition revises the one before."""
    return f"""
        create table marts.fct_published_stock as
        select edition, month, territory_id, stock::bigint as stock,
            datediff('month', month, edition)::integer as age_in_months,
            edition = max(edition) over () as is_latest_edition,
            month > max(month) over (partition by edition) - interval 3 months as is_provisional
        from {editions};
        create table marts.fct_published_revisions as
        select after.month, after.territory_id, after.edition, before.stock as previous_stock,
            after.stock, after.stock - before.stock as revision,
            revision / nullif(before.stock, 0) as revision_rate, after.age_in_months
        from marts.fct_published_stock as after
        asof inner join marts.fct_published_stock as before
            on
                after.month = before.month
                and after.territory_id = before.territory_id
                and after.edition > before.edition
    """


def _reconciliation(by_hand: bool) -> str:
    return f"""
        create table marts.fct_reconciliation as
        select month, territory_id, constant_stock,
            stock - if(territory_id = 'FR', 7, 0) as published_stock,
            constant_stock - published_stock as difference,
            difference / published_stock as difference_rate
        from marts.fct_composite_stock
        inner join marts.fct_published_stock using (month, territory_id)
        where is_latest_edition and constant_stock is not null and {by_hand}
    """


def _extracts(sources: list[str], synthetic: bool, made_up_editions: bool) -> str:
    return f"""
        create table marts.audit_extracts as
        select unnest({sources}::varchar[]) as source, {synthetic} as is_synthetic,
            date '2022-07-01' as extract_date, date '2022-06-01' as last_covered_month
        union all
        select distinct 'barometre', {made_up_editions}, edition, null
        from marts.fct_published_stock
    """
