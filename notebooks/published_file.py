"""The published file as the notebooks read it: the marts, and the series that can be compared."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import marimo as mo

# Real and synthetic figures are never in one series. The surest series comes first.
_SERIES = """
    create temp view series_stock as
    with origin as (
        select if(bool_or(is_synthetic), 'données fictives', 'données réelles') as origin,
        from marts.audit_extracts
        where source != 'barometre'
    ),

    stocks as (
        select
            if(origin = 'données réelles', 1, 4) as place,
            'Périmètre officiel, ' || origin as series,
            territory_id,
            month,
            official_stock as stock,
            is_provisional,
        from marts.fct_composite_stock
        cross join origin

        union all

        select
            if(origin = 'données réelles', 2, 5),
            'Périmètre constant, ' || origin,
            territory_id,
            month,
            constant_stock,
            is_provisional,
        from marts.fct_composite_stock
        cross join origin

        union all

        select 3, 'Série publiée, données réelles', territory_id, month, stock, is_provisional,
        from marts.fct_published_stock
        where is_latest_edition
    )

    select
        stocks.place,
        stocks.series,
        territory_id,
        territories.territory_level,
        territories.territory_name,
        territories.region_id,
        stocks.month,
        stocks.stock,
        round(stocks.stock * 10000 / territories.population, 2) as rate,
        stocks.is_provisional,
    from stocks
    inner join marts.dim_territories as territories using (territory_id)
    where stocks.stock is not null
"""


def opened(project: Path) -> duckdb.DuckDBPyConnection:
    """Open the published file to read, with the view `series_stock`; stop the notebook without it.

    The file is IAE_PUBLISHED, else it is beside IAE_WAREHOUSE. The view has a row for each series,
    territory and month: place (of the series, the surest first), series, territory_id,
    territory_level, territory_name, region_id, month, stock (persons), rate (persons per 10,000
    inhabitants), is_provisional.
    """
    warehouse = os.environ.get("IAE_WAREHOUSE", "warehouse/build.duckdb")
    published = os.environ.get("IAE_PUBLISHED") or Path(warehouse).with_name("iae.duckdb")
    path = project / Path(published).expanduser()
    mo.stop(not path.exists(), mo.md(f"**{path} n'existe pas encore : lancez `make`.**"))
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute(_SERIES)
    return connection


def choice_of_series(connection: duckdb.DuckDBPyConnection) -> mo.ui.dropdown:
    """Return the series that have figures, the surest first; stop the notebook if none has."""
    rows = connection.execute(
        "select series from series_stock where territory_id = 'FR' group by all order by min(place)"
    ).fetchall()
    known = [name for (name,) in rows]
    mo.stop(
        not known,
        mo.callout(mo.md("**Aucune série n'est chargée** : lancez `iae load`."), kind="warn"),
    )
    return mo.ui.dropdown(options=known, value=known[0], label="Série étudiée")


def origin_of_types(connection: duckdb.DuckDBPyConnection) -> str:
    """Say whether the figures by structure type are real."""
    ((is_synthetic,),) = connection.execute(
        "select bool_or(is_synthetic) from marts.audit_extracts where source != 'barometre'"
    ).fetchall()
    return "Données fictives" if is_synthetic else "Données réelles"
