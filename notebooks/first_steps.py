import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="First steps")

with app.setup:
    import os
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo


@app.cell(hide_code=True)
def _():
    mo.md("""
    # First steps

    Five questions on the people in *insertion par l'activité économique* (IAE), each with its
    SQL and its chart. Change a query and what depends on it follows.

    The marts are described, column by column, in the catalogue (`site/catalogue/index.html`).
    One rule comes before all others: **a stock is never summed over months**.
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


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## What the figures are from
    """)
    return


@app.cell
def _(connection):
    extracts = mo.sql(
        f"""
        select source, extract_date, last_covered_month, nb_rows, is_synthetic,
        from marts.audit_extracts
        order by source, extract_date
        """,
        engine=connection,
    )
    return (extracts,)


@app.cell(hide_code=True)
def _(extracts):
    made_up = extracts.filter(extracts["is_synthetic"])["source"].unique().to_list()
    mo.callout(
        mo.md(f"Made up by `iae sample`, not France: {', '.join(sorted(made_up))}."), kind="warn"
    ) if made_up else mo.md("All extracts are real.")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 1. How many people, month by month?

    The official scope takes in EITI, GEIQ and ITI in January 2021: compare across it in the
    constant scope. The dashed end of a line is provisional: late declarations still come in.
    """)
    return


@app.cell
def _(connection):
    composite = mo.sql(
        f"""
        unpivot (
            select month, is_provisional, official_stock as official, constant_stock as constant
            from marts.fct_composite_stock
            where territory_id = 'FR'
        )
        on official, constant into name scope value stock
        order by month, scope
        """,
        engine=connection,
    )
    return (composite,)


@app.cell(hide_code=True)
def _(composite):
    _lines = alt.Chart(composite).encode(
        x=alt.X("month:T", title=None),
        y=alt.Y("stock:Q", title="people present", scale=alt.Scale(zero=False)),
        color=alt.Color("scope:N", scale=alt.Scale(range=["#0072b2", "#d55e00"])),
        tooltip=["month:T", "scope:N", alt.Tooltip("stock:Q", format=",")],
    )
    _break = (
        alt.Chart()
        .mark_rule(color="#767676", strokeDash=[2, 2])
        .encode(x=alt.datum(alt.DateTime(year=2021, month=1)))
    )
    (
        _lines.mark_line(strokeDash=[4, 3])
        + _lines.transform_filter("!datum.is_provisional").mark_line()
        + _break
    ).properties(
        width=680, height=300, title="People in IAE, France, with the break of January 2021"
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 2. In which types of structure?

    One person in two types counts in each. Each type has its own source, hence its own last
    month and its own number of provisional months.
    """)
    return


@app.cell
def _(connection):
    by_type = mo.sql(
        f"""
        select month, structure_type, stock, is_provisional,
        from marts.fct_stock_by_structure_type
        where territory_id = 'FR'
        order by month, structure_type
        """,
        engine=connection,
    )
    return (by_type,)


@app.cell(hide_code=True)
def _(by_type):
    _lines = alt.Chart(by_type).encode(
        x=alt.X("month:T", title=None),
        y=alt.Y("stock:Q", title="people present"),
        color=alt.Color("structure_type:N", title="type", scale=alt.Scale(scheme="tableau10")),
        tooltip=["month:T", "structure_type:N", alt.Tooltip("stock:Q", format=",")],
    )
    (
        _lines.mark_line(strokeDash=[4, 3])
        + _lines.transform_filter("!datum.is_provisional").mark_line()
    ).properties(width=680, height=300, title="People in IAE by structure type, France")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 3. Where are they most present?

    People per 10,000 inhabitants, in the last month that is final.
    """)
    return


@app.cell
def _(connection):
    departments = mo.sql(
        f"""
        select
            territories.territory_name,
            territories.region_name,
            composite.month,
            composite.constant_stock,
            round(composite.constant_stock * 10000 / territories.population, 2) as rate,
        from marts.fct_composite_stock as composite
        inner join marts.dim_territories as territories
            on composite.territory_id = territories.territory_id
        where
            territories.territory_level = 'departmental'
            and composite.month = (
                select max(month) from marts.fct_composite_stock where not is_provisional
            )
        order by rate desc
        limit 20
        """,
        engine=connection,
    )
    return (departments,)


@app.cell(hide_code=True)
def _(departments):
    alt.Chart(departments).mark_bar(color="#0072b2").encode(
        x=alt.X("rate:Q", title="people per 10,000 inhabitants, constant scope"),
        y=alt.Y("territory_name:N", sort="-x", title=None),
        tooltip=[
            "territory_name:N",
            "region_name:N",
            alt.Tooltip("constant_stock:Q", format=","),
            alt.Tooltip("rate:Q", format=".2f"),
        ],
    ).properties(width=560, title="The twenty departments with most people in IAE for their size")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 4. What does a year look like?

    Each month against the mean of its year, over the whole final years but 2020: what is
    below 100 is low season.
    """)
    return


@app.cell
def _(connection):
    seasons = mo.sql(
        f"""
        with final_months as (
            select
                month,
                structure_type,
                stock,
                avg(stock) over whole_year as year_mean,
                count(*) over whole_year as nb_months,
            from marts.fct_stock_by_structure_type
            where territory_id = 'FR' and not is_provisional and year(month) != 2020
            window whole_year as (partition by structure_type, year(month))
        )

        select
            structure_type,
            month(month) as month_of_year,
            round(avg(100 * stock / nullif(year_mean, 0)), 1) as season,
        from final_months
        where nb_months = 12 and structure_type in ('ACI', 'AI', 'EI', 'ETTI')
        group by all
        order by structure_type, month_of_year
        """,
        engine=connection,
    )
    return (seasons,)


@app.cell(hide_code=True)
def _(seasons):
    alt.Chart(seasons).mark_line(point=True).encode(
        x=alt.X("month_of_year:O", title="month of the year", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("season:Q", title="100 = mean of the year", scale=alt.Scale(zero=False)),
        color=alt.Color("structure_type:N", title="type", scale=alt.Scale(scheme="tableau10")),
        tooltip=["structure_type:N", "month_of_year:O", "season:Q"],
    ).properties(width=680, height=280, title="Season of the stock by structure type, France")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 5. Which regions grow?

    Change on the same month one year earlier, in the last month that is final.
    """)
    return


@app.cell
def _(connection):
    regions = mo.sql(
        f"""
        select
            territories.territory_name,
            composite.month,
            composite.constant_change,
            composite.constant_change_percent,
        from marts.fct_composite_stock as composite
        inner join marts.dim_territories as territories
            on composite.territory_id = territories.territory_id
        where
            territories.territory_level = 'regional'
            and composite.month = (
                select max(month) from marts.fct_composite_stock where not is_provisional
            )
        order by composite.constant_change_percent desc
        """,
        engine=connection,
    )
    return (regions,)


@app.cell(hide_code=True)
def _(regions):
    alt.Chart(regions).mark_bar().encode(
        x=alt.X("constant_change_percent:Q", title="change on 12 months, %"),
        y=alt.Y("territory_name:N", sort="-x", title=None),
        color=alt.condition(
            "datum.constant_change_percent < 0", alt.value("#d55e00"), alt.value("#0072b2")
        ),
        tooltip=[
            "territory_name:N",
            alt.Tooltip("constant_change:Q", format="+,"),
            alt.Tooltip("constant_change_percent:Q", format="+.1f"),
        ],
    ).properties(width=560, title="Change of the stock on twelve months, constant scope")
    return


if __name__ == "__main__":
    app.run()
