import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Revisions of the published series")

with app.setup:
    import os
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo


@app.cell(hide_code=True)
def _():
    mo.md("""
    # How the published series was revised

    The administration published this indicator in dated editions, until January 2023. Each
    edition gives every month anew: late declarations raise the last months, and sometimes
    more changes. Here are the editions that are loaded, side by side.
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
    editions = mo.sql(
        f"""
        select
            edition,
            count(distinct month) as nb_months,
            min(month) as first_month,
            max(month) as last_month,
            count(distinct territory_id) as nb_territories,
        from marts.fct_published_stock
        group by edition
        order by edition
        """,
        engine=connection,
    )
    return (editions,)


@app.cell(hide_code=True)
def _(editions):
    mo.stop(
        editions.is_empty(),
        mo.callout(
            mo.md(
                "**No edition of the published series is loaded, so there is nothing to compare.** "
                "The editions are on data.gouv.fr; `iae load` takes a drop with a folder "
                "`barometre/<date of the edition>`."
            ),
            kind="warn",
        ),
    )
    mo.md(f"{editions.height} editions are loaded.")
    some_editions = editions["edition"].to_list()
    return (some_editions,)


@app.cell(hide_code=True)
def _(some_editions):
    mo.md(f"""
    ## The country, edition by edition

    The same months as told by {len(some_editions)} editions.
    """)
    return


@app.cell
def _(connection, some_editions):
    mo.stop(not some_editions)
    national = mo.sql(
        f"""
        select cast(edition as varchar) as edition, month, stock,
        from marts.fct_published_stock
        where territory_id = 'FR'
        order by edition, month
        """,
        engine=connection,
    )
    return (national,)


@app.cell(hide_code=True)
def _(national):
    alt.Chart(national).mark_line().encode(
        x=alt.X("month:T", title=None),
        y=alt.Y("stock:Q", title="people present", scale=alt.Scale(zero=False)),
        color=alt.Color("edition:O", title="edition", scale=alt.Scale(scheme="viridis")),
        tooltip=["edition:O", "month:T", alt.Tooltip("stock:Q", format=",")],
    ).properties(width=680, height=300, title="The published series, France, by edition")
    return


@app.cell(hide_code=True)
def _(some_editions):
    mo.stop(not some_editions)
    mo.md("""
    ## How much, by age of the month

    Each point is a month of the country, revised from one edition to the next, as a share of what
    the edition before said; the table begins with the largest revision. In the editions that were
    released most months hardly move, and one falls by 12 %: October 2021, which was the last month
    of the edition of 15 March 2022.
    """)
    return


@app.cell
def _(connection, some_editions):
    mo.stop(not some_editions)
    revisions = mo.sql(
        f"""
        select
            month,
            cast(edition as varchar) as edition,
            age_in_months,
            previous_stock,
            stock,
            revision,
            round(100 * revision_rate, 2) as revision_percent,
        from marts.fct_published_revisions
        where territory_id = 'FR'
        order by abs(revision) desc
        """,
        engine=connection,
    )
    return (revisions,)


@app.cell(hide_code=True)
def _(revisions):
    alt.Chart(revisions).mark_circle(size=60, opacity=0.8).encode(
        x=alt.X("age_in_months:Q", title="age of the month at the new edition, months"),
        y=alt.Y("revision_percent:Q", title="revision, %"),
        color=alt.Color("edition:O", title="new edition", scale=alt.Scale(scheme="viridis")),
        tooltip=[
            "month:T",
            "edition:O",
            alt.Tooltip("previous_stock:Q", format=","),
            alt.Tooltip("stock:Q", format=","),
            "revision_percent:Q",
        ],
    ).properties(
        width=680, height=300, title="Revisions of the national figure, by age of the month"
    )
    return


@app.cell(hide_code=True)
def _(some_editions):
    mo.stop(not some_editions)
    mo.md("""
    ## The headline claims, edition by edition

    The fall from February to April 2020, and the mean of January to September 2021 against
    the same months of 2020 and of 2019: what was said of the series depends on the edition.
    An edition that lacks one of the months gives no figure.
    """)
    return


@app.cell
def _(connection, some_editions):
    mo.stop(not some_editions)
    headlines = mo.sql(
        f"""
        with national as (
            select edition, month, stock,
            from marts.fct_published_stock
            where territory_id = 'FR'
        ),

        told as (
            select
                edition,
                max(stock) filter (where month = '2020-02-01') as february_2020,
                max(stock) filter (where month = '2020-04-01') as april_2020,
                avg(stock) filter (where year(month) = 2019 and month(month) <= 9) as mean_2019,
                avg(stock) filter (where year(month) = 2020 and month(month) <= 9) as mean_2020,
                avg(stock) filter (where year(month) = 2021 and month(month) <= 9) as mean_2021,
                count(*) filter (where year(month) = 2021 and month(month) <= 9) as nb_months_2021,
            from national
            group by edition
        )

        select
            edition,
            round(100 * (april_2020 / february_2020 - 1), 1) as fall_of_spring_2020_percent,
            if(nb_months_2021 = 9, round(mean_2021 - mean_2020), null) as change_on_2020,
            if(nb_months_2021 = 9, round(100 * (mean_2021 / mean_2020 - 1), 1), null)
                as change_on_2020_percent,
            if(nb_months_2021 = 9, round(100 * (mean_2021 / mean_2019 - 1), 1), null)
                as change_on_2019_percent,
        from told
        order by edition
        """,
        engine=connection,
    )
    return (headlines,)


@app.cell(hide_code=True)
def _(some_editions):
    mo.stop(not some_editions)
    mo.md("""
    ## Which departments were revised most

    From the first to the last edition loaded, over the months that both have.
    """)
    return


@app.cell
def _(connection, some_editions):
    mo.stop(not some_editions)
    departments = mo.sql(
        f"""
        with last_told as (
            select month, territory_id, stock,
            from marts.fct_published_stock
            where is_latest_edition
        ),

        first_told as (
            select month, territory_id, stock,
            from marts.fct_published_stock
            where edition = (select min(edition) from marts.fct_published_stock)
        )

        select
            territories.territory_name,
            count(*) as nb_months,
            round(avg(last_told.stock - first_told.stock), 1) as mean_revision,
            round(100 * avg(last_told.stock - first_told.stock) / avg(first_told.stock), 1)
                as mean_revision_percent,
        from last_told
        inner join first_told
            on
                last_told.month = first_told.month
                and last_told.territory_id = first_told.territory_id
        inner join marts.dim_territories as territories
            on last_told.territory_id = territories.territory_id
        where territories.territory_level = 'departmental' and territories.is_covered
        group by territories.territory_name
        order by abs(mean_revision_percent) desc
        limit 20
        """,
        engine=connection,
    )
    return (departments,)


@app.cell(hide_code=True)
def _(departments):
    alt.Chart(departments).mark_bar().encode(
        x=alt.X("mean_revision_percent:Q", title="mean revision, %"),
        y=alt.Y("territory_name:N", sort="-x", title=None),
        color=alt.condition(
            "datum.mean_revision_percent < 0", alt.value("#d55e00"), alt.value("#0072b2")
        ),
        tooltip=["territory_name:N", "nb_months:Q", "mean_revision:Q", "mean_revision_percent:Q"],
    ).properties(width=560, title="Revision of the departments, first to last edition")
    return


if __name__ == "__main__":
    app.run()
