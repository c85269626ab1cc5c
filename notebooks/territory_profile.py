import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Territory profile")

with app.setup:
    import os
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Profile of a territory

    Pick a department or a region: its stock by structure type, the composite in both scopes,
    and its rate beside that of its region and of the country. Dashed lines are provisional:
    late declarations still come in.
    """)
    return


@app.cell
def _():
    # The published file: IAE_PUBLISHED says where, else it is where `make` puts it.
    warehouse = Path(os.environ.get("IAE_WAREHOUSE", "warehouse/build.duckdb"))
    if not warehouse.is_absolute():
        warehouse = mo.notebook_dir().parent / warehouse
    published = Path(os.environ.get("IAE_PUBLISHED", warehouse.with_name("iae.duckdb")))
    mo.stop(not published.exists(), mo.md(f"**{published.name} is not there yet: run `make`.**"))
    connection = duckdb.connect(str(published), read_only=True)
    return (connection,)


@app.cell
def _(connection):
    territories = mo.sql(
        f"""
        select
            territory_id,
            case territory_level
                when 'regional' then territory_name || ' (region)'
                else territory_code || ' ' || territory_name
            end as name,
        from marts.dim_territories
        where is_covered and territory_level in ('regional', 'departmental')
        order by territory_level, territory_code
        """,
        output=False,
        engine=connection,
    )
    return (territories,)


@app.cell
def _(territories):
    picked = mo.ui.dropdown(
        options=dict(territories.select("name", "territory_id").iter_rows()),
        value=territories.filter(territories["territory_id"] == "D59")["name"].item(),
        label="Territory",
        searchable=True,
    )
    picked
    return (picked,)


@app.cell(hide_code=True)
def _(connection, picked):
    # What the figures below are compared with: the territory, its region, the country.
    compared = mo.sql(
        f"""
        select
            territories.territory_id,
            territories.territory_name as name,
            territories.population,
        from marts.dim_territories as territories
        where
            territories.territory_id in ('{picked.value}', 'FR')
            or territories.territory_id = (
                select region_id from marts.dim_territories where territory_id = '{picked.value}'
            )
        """,
        output=False,
        engine=connection,
    )
    name = compared.filter(compared["territory_id"] == picked.value)["name"].item()
    return compared, name


@app.cell(hide_code=True)
def _(connection, picked):
    last_month = mo.sql(
        f"""
        select
            composite.month,
            composite.constant_stock,
            composite.constant_change,
            composite.constant_change_percent,
            composite.constant_stock * 10000 / territories.population as rate,
        from marts.fct_composite_stock as composite
        inner join marts.dim_territories as territories
            on composite.territory_id = territories.territory_id
        where composite.territory_id = '{picked.value}' and not composite.is_provisional
        order by composite.month desc
        limit 1
        """,
        output=False,
        engine=connection,
    )
    return (last_month,)


@app.cell(hide_code=True)
def _(last_month, name):
    mo.stop(
        last_month.is_empty(),
        mo.md("No month is final yet: only the ends of the series are there."),
    )
    _month = last_month["month"].item()
    _percent = last_month["constant_change_percent"].item()
    mo.vstack(
        [
            mo.md(f"## {name}, {_month:%B %Y}, the last final month (constant scope)"),
            mo.hstack(
                [
                    mo.stat(f"{last_month['constant_stock'].item():,}", label="people present"),
                    mo.stat(
                        f"{last_month['constant_change'].item():+,}"
                        if _percent is not None
                        else "–",
                        label="on 12 months",
                        caption=f"{_percent:+.1f} %"
                        if _percent is not None
                        else "no month to compare",
                    ),
                    mo.stat(f"{last_month['rate'].item():.1f}", label="per 10,000 inhabitants"),
                ],
                justify="start",
            ),
        ]
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Stock by structure type
    """)
    return


@app.cell
def _(connection, picked):
    by_type = mo.sql(
        f"""
        select month, structure_type, stock, is_provisional,
        from marts.fct_stock_by_structure_type
        where territory_id = '{picked.value}'
        order by month, structure_type
        """,
        engine=connection,
    )
    return (by_type,)


@app.cell(hide_code=True)
def _():
    def lines(rows, value, series, title, axis):
        """Draw a line for each series, dashed where provisional; the months are in `month`."""
        chart = alt.Chart(rows).encode(
            x=alt.X("month:T", title=None),
            y=alt.Y(f"{value}:Q", title=axis),
            color=alt.Color(f"{series}:N", title=None, scale=alt.Scale(scheme="tableau10")),
            tooltip=["month:T", f"{series}:N", alt.Tooltip(f"{value}:Q", format=",.1~f")],
        )
        return (
            chart.mark_line(strokeDash=[4, 3])
            + chart.transform_filter("!datum.is_provisional").mark_line()
        ).properties(width=680, height=280, title=title)

    return (lines,)


@app.cell(hide_code=True)
def _(by_type, lines, name):
    lines(by_type, "stock", "structure_type", f"People in IAE by type, {name}", "people present")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Composite in both scopes

    The official scope takes in EITI, GEIQ and ITI in January 2021. It stops where a component
    is not loaded: it is never a smaller number.
    """)
    return


@app.cell
def _(connection, picked):
    composite = mo.sql(
        f"""
        unpivot (
            select month, is_provisional, official_stock as official, constant_stock as constant
            from marts.fct_composite_stock
            where territory_id = '{picked.value}'
        )
        on official, constant into name scope value stock
        order by month, scope
        """,
        engine=connection,
    )
    return (composite,)


@app.cell(hide_code=True)
def _(composite, lines, name):
    _break = (
        alt.Chart()
        .mark_rule(color="#767676", strokeDash=[2, 2])
        .encode(x=alt.datum(alt.DateTime(year=2021, month=1)))
    )
    (
        lines(composite, "stock", "scope", f"Composite in both scopes, {name}", "people present")
        + _break
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Beside its region and the country

    People present per 10,000 inhabitants (population of 2023), constant scope.
    """)
    return


@app.cell
def _(compared, connection):
    rates = mo.sql(
        f"""
        select
            composite.month,
            compared.name,
            composite.constant_stock * 10000 / compared.population as rate,
            composite.is_provisional,
        from marts.fct_composite_stock as composite
        inner join compared
            on composite.territory_id = compared.territory_id
        order by composite.month, compared.name
        """,
        engine=connection,
    )
    return (rates,)


@app.cell(hide_code=True)
def _(lines, name, rates):
    lines(rates, "rate", "name", f"People in IAE per 10,000 inhabitants, {name}", "per 10,000")
    return


if __name__ == "__main__":
    app.run()
