"""The stock of each month rounded so that its sums hold: types and scopes, at every level."""


def model(dbt, session):
    """Return month, territory_id, component (a type or a scope) and stock (people, rounded)."""
    from pathlib import Path

    from iae.protection.stock import (
        as_columns,
        read_last_edition,
        read_stock,
        round_stock,
        rounding_salt,
    )

    dbt.config(materialized="table")
    stock = read_stock(
        stock=dbt.ref("fct_stock_by_structure_type"),
        territories=dbt.ref("dim_territories"),
        scopes=dbt.ref("composite_scopes"),
        composite=dbt.ref("fct_composite_stock"),
        published=dbt.ref("fct_published_stock"),
        extracts=dbt.ref("audit_extracts"),
    )
    ((file,),) = session.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchall()
    warehouse = Path(file)
    base = int(dbt.config.meta_get("rounding_base"))
    last_edition = read_last_edition(warehouse.with_name("iae.duckdb"))
    columns = as_columns(round_stock(stock, base, rounding_salt(warehouse), last_edition))
    session.register("rounded_columns", columns)
    return session.sql(
        "select month::date as month, territory_id::varchar as territory_id, "
        "component::varchar as component, stock::bigint as stock from rounded_columns"
    )
