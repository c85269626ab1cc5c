"""Published files for the tests of the page: figures known in advance, and the real editions.

The stock of a type in a department is ``BASE[type] + rank of the department + rank of the month``,
so that every figure of the page can be computed by hand. Nobody is « non localisé ».
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from conftest import PROJECT, REAL_DATA

MONTHS = 33  # 2019-10 … 2022-06, the break of 2021-01 among them
BASE = {"ACI": 400, "AI": 300, "EI": 200, "ETTI": 100, "GEIQ": 60, "ITI": 50, "EITI": 10}
SOURCES = ("asp_fluxiae", "extrapro", "asp_contrats_aides", "bpifrance_iti")
FIRST = {"EITI": "2019-12-01", "GEIQ": "2021-01-01", "ITI": "2021-01-01"}
MART_COLUMNS = {
    "fct_stock_by_structure_type": (
        "month date, territory_id varchar, structure_type varchar, stock bigint, "
        "is_provisional boolean"
    ),
    "fct_composite_stock": (
        "month date, territory_id varchar, official_stock bigint, constant_stock bigint, "
        "missing_components varchar, is_provisional boolean, official_change bigint, "
        "official_change_percent double, constant_change bigint, constant_change_percent double"
    ),
    "fct_published_stock": (
        "edition date, month date, territory_id varchar, stock bigint, is_latest_edition boolean"
    ),
    "fct_published_revisions": (
        "month date, territory_id varchar, edition date, previous_stock bigint, stock bigint, "
        "revision bigint, revision_rate double, age_in_months integer"
    ),
    "fct_reconciliation": (
        "month date, territory_id varchar, constant_stock bigint, published_stock bigint, "
        "difference bigint, difference_rate double"
    ),
    "audit_builds": (
        "invocation_id varchar, status varchar, started_at timestamp, warnings varchar[]"
    ),
    "audit_row_outcomes": (
        "source varchar, source_table varchar, outcome varchar, reason varchar, nb_rows bigint"
    ),
    "audit_extracts": (
        "source varchar, extract_date date, last_covered_month date, nb_rows bigint, "
        "nb_rejected bigint, loaded_at timestamp, is_synthetic boolean"
    ),
}


def write_marts(
    path: Path,
    *,
    types: tuple[str, ...] = tuple(BASE),
    published: bool = True,
    synthetic: bool = False,
    editions_are_real: bool = False,
    without_department: str | None = None,
    real_editions: bool = False,
    rounded_to: int = 1,
) -> Path:
    """Write the marts as if only `types` had been loaded, the published series with them or not.

    `real_editions` takes those that come with the project instead of the two made by hand.
    """
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        _write_dimensions(connection)
        for mart, columns in MART_COLUMNS.items():
            connection.execute(f"create table marts.{mart} ({columns})")
        for structure_type in types:
            _write_stock(connection, structure_type, without_department)
        connection.execute(
            "update marts.fct_stock_by_structure_type set stock = stock // $base * $base",
            {"base": rounded_to},
        )
        _write_composite(connection, [name for name in BASE if name not in types])
        if real_editions:
            _write_real_editions(connection)
        elif published:
            _write_published(connection)
        for source in SOURCES if types else ():
            connection.execute(
                "insert into marts.audit_extracts values "
                "($source, '2022-07-01', '2022-06-01', 142900, 0, '2022-07-02', $synthetic)",
                {"source": source, "synthetic": synthetic},
            )
        connection.execute(
            """
            insert into marts.audit_extracts
            select distinct 'barometre', edition, null::date, 6900, 0, edition, $synthetic
            from marts.fct_published_stock
            """,
            {"synthetic": synthetic and not (editions_are_real or real_editions)},
        )
        connection.execute(
            "insert into marts.audit_builds values "
            "('1', 'green', '2022-07-02', ['warn_old_extract (Got 1 result)', 'warn_fall'])"
        )
        connection.execute(
            "insert into marts.audit_row_outcomes values "
            "('asp_fluxiae', 'ContratMission', 'counted', null, 142000), "
            "('asp_fluxiae', 'ContratMission', 'excluded', 'duplicate_row', 900)"
        )
        _write_open_data(connection, rounded_to)
        if types:
            _write_country(connection)
        connection.execute("checkpoint")
    return path


def _write_open_data(connection: duckdb.DuckDBPyConnection, base: int) -> None:
    """What the page reads, as if the figures of the marts had come out of the rounding."""
    connection.execute("create schema open_data")
    for mart, columns in (
        ("fct_stock_by_structure_type", "*"),
        ("fct_composite_stock", "*"),
        (
            "fct_published_stock",
            "*, datediff('month', month, edition)::integer as age_in_months, "
            "month > max(month) over (partition by edition) - interval 3 months as is_provisional",
        ),
        ("fct_published_revisions", "*"),
        ("fct_reconciliation", "*"),
        ("dim_territories", "*"),
        ("dim_structure_types", "*"),
        ("audit_extracts", "source, is_synthetic, extract_date, last_covered_month"),
    ):
        table = mart.split("_", 1)[1]
        connection.execute(f"create table open_data.{table} as select {columns} from marts.{mart}")
    connection.execute(
        f"create table open_data.metadata as from read_csv('{PROJECT}/seeds/publication.csv')"
    )
    for seed in ("composite_scopes", "structure_type_sources"):
        connection.execute(
            f"create table open_data.{seed} as from read_csv('{PROJECT}/seeds/{seed}.csv')"
        )
    connection.execute(
        "create table open_data.protection as "
        "select $base::integer as rounding_base, $base > 1 as is_protected",
        {"base": base},
    )


def _write_country(connection: duckdb.DuckDBPyConnection) -> None:
    """France beside the stock, from the rank of the month and the base of the type.

    100 + rank come and rank leave: the stock grows by 100 a month. From rank 12 on, 30 come back.
    Twice the largest stock in a year; a structure for two people of the base; 200 structures should
    declare, and in each of the three last months ten more of them have not.
    """
    rank = "datediff('month', date '2019-10-01', month)"
    of_country = "from marts.fct_stock_by_structure_type where territory_id = 'FR'"
    bases = ", ".join(f"('{name}', {base})" for name, base in BASE.items())
    connection.execute(
        f"""
        create table open_data.flows_by_structure_type as
        select month, territory_id, structure_type,
            if(month = first_month, null, 100 + {rank})::bigint as entries,
            if(month = first_month, null, {rank})::bigint as exits,
            if({rank} < 12, null, 30)::bigint as returns, is_provisional
        from (
            select *, min(month) over (partition by structure_type) as first_month {of_country}
        )
        where structure_type != 'ITI';
        create table open_data.people_by_year as
        with
            stocks as (
                select month, structure_type as component, stock, is_provisional {of_country}
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
        from (select month, territory_id, structure_type {of_country})
        inner join (values {bases}) as bases (structure_type, base) using (structure_type)
        where structure_type != 'ITI';
        create table open_data.declarations as
        select month, territory_id, structure_type, 200::bigint as nb_expected,
            200 - 10 * greatest(0, {rank} - {MONTHS} + 4)::bigint as nb_declared,
            nb_declared / nb_expected as declaration_rate
        {of_country} and structure_type in ('ACI', 'AI', 'EI', 'ETTI', 'EITI');
        """
    )


def write_release(database: Path, folder: Path) -> None:
    """An edition of 2022-06-01: without June, and 100 people fewer in the ACI of March 2022."""
    folder.mkdir(parents=True)
    (folder / "datapackage.json").write_text('{"is_synthetic": false}')
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, change in (
            ("stock_by_structure_type", "stock - if(structure_type = 'ACI', 100, 0) as stock"),
            ("composite_stock", "official_stock - 100 as official_stock"),
        ):
            column = change.rpartition(" ")[2]
            connection.execute(
                f"copy (select * replace (if(month = '2022-03-01' and territory_id = 'FR', "
                f"{change.partition(' as ')[0]}, {column}) as {column}) from open_data.{table} "
                f"where month < '2022-06-01') to '{folder / table}.parquet'"
            )


def _write_dimensions(connection: duckdb.DuckDBPyConnection) -> None:
    seeds = PROJECT / "seeds"
    connection.execute(
        f"""
        create table marts.dim_structure_types as
        from read_csv('{seeds}/structure_types.csv');
        create table marts.dim_territories as
        with
            populations as (
                from read_csv('{seeds}/populations.csv', types = {{'territory_code': 'varchar'}})
            ),
            departments as (from read_csv('{seeds}/departments.csv', all_varchar = true)),
            regions as (from read_csv('{seeds}/regions.csv', all_varchar = true)),
            territories as (
                select 'FR' as territory_id, 'national' as territory_level, 'FR' as territory_code,
                    'France' as territory_name, null as region_id, null as region_name,
                    true as is_covered
                union all
                select 'NL', 'unlocated', 'NL', 'Non localisé', null, null, false
                union all
                select 'R' || region_code, 'regional', region_code, region_name,
                    'R' || region_code, region_name,
                    zone in ('metro', 'drom') and region_code <> '06'
                from regions
                union all
                select 'D' || department_code, 'departmental', department_code, department_name,
                    'R' || region_code, region_name, departments.is_covered::boolean
                from departments left join regions using (region_code)
            )
        select territories.*, population::bigint as population
        from territories left join populations using (territory_level, territory_code)
        """
    )
    connection.execute(
        """
        update marts.dim_territories set population = (
            select sum(population) from marts.dim_territories where territory_level = 'departmental'
        ) where territory_id = 'FR'
        """
    )


def _write_stock(
    connection: duckdb.DuckDBPyConnection, structure_type: str, without_department: str | None
) -> None:
    """The three last months are provisional."""
    connection.execute(
        """
        insert into marts.fct_stock_by_structure_type
        with
            departments as (
                select territory_id, region_id,
                    row_number() over (order by territory_id) - 1 as department_rank
                from marts.dim_territories where territory_level = 'departmental' and is_covered
            ),
            months as (
                select position, (date '2019-10-01' + to_months(position))::date as month
                from (select unnest(range($months))::integer as position)
            ),
            cells as (
                select month, position, territory_id, region_id,
                    $base + department_rank + position as stock
                from departments cross join months
                where month >= $first and territory_id is distinct from $without_department
            ),
            territories as (
                select month, position, territory_id, stock from cells
                union all
                select month, position, region_id, sum(stock) from cells group by all
                union all
                select month, position, 'FR', sum(stock) from cells group by all
                union all
                select distinct month, position, 'NL', 0 from cells
            )
        select month, territory_id, $structure_type, stock, position >= $months - 3
        from territories
        """,
        {
            "months": MONTHS,
            "base": BASE[structure_type],
            "first": FIRST.get(structure_type, "2017-01-01"),
            "structure_type": structure_type,
            "without_department": without_department,
        },
    )


def _write_composite(connection: duckdb.DuckDBPyConnection, missing: list[str]) -> None:
    """Scopes as indicator.md defines them, written anew here on purpose."""
    connection.execute(
        """
        insert into marts.fct_composite_stock
        with
            scopes as (
                select month, territory_id, is_provisional,
                    sum(stock) filter (structure_type in ('ACI', 'AI', 'EI', 'ETTI')) as constant,
                    sum(stock) filter (
                        structure_type in ('ACI', 'AI', 'EI', 'ETTI') or month >= '2021-01-01'
                    ) as official,
                    array_to_string(
                        list_sort(
                            case
                                when month < '2021-01-01'
                                    then list_filter($missing, lambda name: name not in (
                                        'EITI', 'GEIQ', 'ITI'
                                    ))
                                else $missing
                            end
                        ),
                        ','
                    ) as missing
                from marts.fct_stock_by_structure_type
                group by all
            ),
            complete as (
                select month, territory_id, is_provisional, nullif(missing, '') as missing,
                    case when missing = '' then official end as official,
                    case
                        when not list_has_any($missing, ['ACI', 'AI', 'EI', 'ETTI']) then constant
                    end as constant
                from scopes
            )
        select now.month, now.territory_id, now.official, now.constant, now.missing,
            now.is_provisional,
            case when year(now.month) <> 2021 then now.official - before.official end as change,
            100.0 * change / nullif(before.official, 0),
            now.constant - before.constant as constant_change,
            100.0 * constant_change / nullif(before.constant, 0)
        from complete as now
        left join complete as before
            on
                now.territory_id = before.territory_id
                and before.month = now.month - interval 12 months
        """,
        {"missing": missing},
    )


def _write_published(connection: duckdb.DuckDBPyConnection) -> None:
    """Two editions: 2021-12-21 up to 2021-10, 2022-09-20 up to 2022-06; Mayotte has 7 people."""
    connection.execute(
        """
        insert into marts.fct_published_stock
        with
            months as (
                select position, (date '2019-10-01' + to_months(position))::date as month
                from (select unnest(range($months))::integer as position)
            ),
            departments as (
                select territory_id, region_id from marts.dim_territories
                where territory_level = 'departmental' and is_covered
            ),
            editions as (
                select date '2021-12-21' as edition, date '2021-10-01' as last_month, 1100 as base
                union all
                select date '2022-09-20', date '2022-06-01', 1000
            ),
            cells as (
                select edition, month, territory_id, region_id, base + position as stock
                from editions cross join months cross join departments
                where month <= last_month
                union all
                select edition, month, 'D976', 'R06', 7
                from editions cross join months
                where month <= last_month
            )
        select edition, month, territory_id, stock, edition = '2022-09-20' from cells
        union all
        select edition, month, region_id, sum(stock), edition = '2022-09-20' from cells group by all
        union all
        select edition, month, 'FR', sum(stock), edition = '2022-09-20' from cells group by all
        """,
        {"months": MONTHS},
    )
    connection.execute(
        """
        insert into marts.fct_reconciliation
        select month, territory_id, constant_stock,
            stock - if(territory_id = 'FR', 7, 0) as published,
            constant_stock - published as difference, difference / published
        from marts.fct_composite_stock
        inner join marts.fct_published_stock using (month, territory_id)
        where is_latest_edition and constant_stock is not null
        """
    )
    _write_revisions(connection)


def _write_real_editions(connection: duckdb.DuckDBPyConnection) -> None:
    """The files as they are, read by DuckDB alone: nothing of the pipeline is in between."""
    for level, territory in (
        ("national", "'FR'"),
        ("regional", "'R' || lpad(code_region, 2, '0')"),
        ("departemental", "'D' || code_departement"),
    ):
        connection.execute(
            f"""
            insert into marts.fct_published_stock
            select
                regexp_extract(filename, '(\\d+-\\d+-\\d+)/[^/]*$', 1)::date as edition,
                date_trunc('month', date::date), {territory}, valeur::double::bigint,
                edition = '2023-01-18'
            from read_csv(
                '{REAL_DATA}/barometre/*/*-{level}.csv.gz', filename = true, all_varchar = true
            )
            """
        )
    _write_revisions(connection)


def _write_revisions(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        insert into marts.fct_published_revisions
        select after.month, after.territory_id, after.edition, before.stock, after.stock,
            after.stock - before.stock as revision, revision / nullif(before.stock, 0),
            datediff('month', after.month, after.edition)
        from marts.fct_published_stock as after
        asof inner join marts.fct_published_stock as before
            on
                after.month = before.month
                and after.territory_id = before.territory_id
                and after.edition > before.edition
        """
    )
