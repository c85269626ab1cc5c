import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Révisions")

with app.setup:
    import altair as alt
    import marimo as mo
    import published_file


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Comment les chiffres ont été révisés

    L'administration a publié cet indicateur par éditions datées, jusqu'en janvier 2023. Chaque
    édition redonne tous les mois, et en change certains. Nos propres éditions font de même. Les
    voici, d'abord selon l'âge du mois, puis celles de la série publiée, côte à côte.
    """)
    return


@app.cell
def _():
    connection = published_file.opened(mo.notebook_dir().parent)
    return (connection,)


@app.cell
def _(connection):
    by_age = mo.sql(
        f"""
        with revisions as (
            select
                if(editions.is_synthetic, 'Nos éditions (fictives)', 'Nos éditions') as series,
                own.structure_type,
                own.age_in_months,
                own.revision_rate,
            from marts.fct_stock_revisions as own
            inner join marts.dim_editions as editions using (edition, release)
            where own.territory_id = 'FR' and own.kind = 'new_extract'
            union all
            select 'Série publiée', 'composite', age_in_months, revision_rate,
            from marts.fct_published_revisions
            where territory_id = 'FR' and revision != 0
        )

        select
            series,
            structure_type,
            age_in_months,
            count(*) as nb_revisions,
            round(100 * avg(revision_rate), 2) as mean_percent,
            round(100 * avg(abs(revision_rate)), 2) as mean_size_percent,
        from revisions
        where revision_rate is not null
        group by all
        order by series, structure_type, age_in_months
        """,
        engine=connection,
    )
    return (by_age,)


@app.cell(hide_code=True)
def _(by_age):
    # One chart a series: made-up figures never stand beside real ones.
    _shown = [
        mo.md(
            """
    ## De combien, selon le type et l'âge du mois

    France, chiffres qui ont changé d'une édition à la suivante, en part de ce que disait la
    précédente, sans le signe. Nos corrections d'une même date n'y sont pas.
    """
        )
    ]
    if not any(series.startswith("Nos") for series in by_age["series"]):
        _shown.append(
            mo.md("Nos éditions n'ont encore rien révisé : il en faut deux, de deux extraits.")
        )
    for _series in by_age["series"].unique(maintain_order=True):
        _rows = by_age.filter(by_age["series"] == _series)
        _worst = _rows.sort("mean_size_percent", descending=True).row(0, named=True)
        _percent = f"{_worst['mean_size_percent']:.2f}".replace(".", ",")
        _shown += [
            mo.md(
                f"**{_series}** : {_rows['nb_revisions'].sum()} chiffres révisés. En moyenne, le "
                f"plus révisé est {_worst['structure_type']} à {_worst['age_in_months']} mois : "
                f"{_percent} %."
            ),
            alt.Chart(_rows)
            .mark_line(point=True)
            .encode(
                x=alt.X("age_in_months:Q", title="âge du mois à la nouvelle édition, en mois"),
                y=alt.Y("mean_size_percent:Q", title="révision moyenne sans le signe, %"),
                color=alt.Color("structure_type:N", title="type"),
                tooltip=[
                    "structure_type:N",
                    "age_in_months:Q",
                    "nb_revisions:Q",
                    "mean_percent:Q",
                    "mean_size_percent:Q",
                ],
            )
            .properties(width=680, height=240, title=f"{_series} : révision selon l'âge du mois"),
        ]
    mo.vstack(_shown)
    return


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
                "**Aucune édition de la série publiée n'est chargée : rien à comparer.** "
                "Le projet les contient : `iae load data`."
            ),
            kind="warn",
        ),
    )
    mo.md(f"Éditions chargées : {editions.height}.")
    some_editions = editions["edition"].to_list()
    return (some_editions,)


@app.cell(hide_code=True)
def _(some_editions):
    mo.md(f"""
    ## La France, édition par édition

    Les mêmes mois, dits par {len(some_editions)} éditions.
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
        y=alt.Y("stock:Q", title="personnes", scale=alt.Scale(zero=False)),
        color=alt.Color("edition:O", title="édition", scale=alt.Scale(scheme="viridis")),
        tooltip=["edition:O", "month:T", alt.Tooltip("stock:Q", format=",")],
    ).properties(width=680, height=300, title="Série publiée, France, par édition")
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
    mo.stop(
        revisions.is_empty(),
        mo.md("Une seule édition est chargée : aucun mois n'est révisé."),
    )
    _down = (revisions["revision"] < 0).sum()
    _up = (revisions["revision"] > 0).sum()
    _worst = revisions.row(0, named=True)
    mo.md(
        f"""
    ## De combien, selon l'âge du mois

    Chaque point est un mois de la France, révisé d'une édition à la suivante, en part de ce que
    disait la précédente. {_up} révisions vont à la hausse, {_down} à la baisse. La plus forte est
    celle de {_worst["month"]:%m/%Y} dans l'édition du {_worst["edition"]} :
    {_worst["revision_percent"]:+.1f} %. Le mois avait alors {_worst["age_in_months"]} mois.
    """
    )
    return


@app.cell(hide_code=True)
def _(revisions):
    alt.Chart(revisions).mark_circle(size=60, opacity=0.8).encode(
        x=alt.X("age_in_months:Q", title="âge du mois à la nouvelle édition, en mois"),
        y=alt.Y("revision_percent:Q", title="révision, %"),
        color=alt.Color("edition:O", title="nouvelle édition", scale=alt.Scale(scheme="viridis")),
        tooltip=[
            "month:T",
            "edition:O",
            alt.Tooltip("previous_stock:Q", format=","),
            alt.Tooltip("stock:Q", format=","),
            "revision_percent:Q",
        ],
    ).properties(width=680, height=300, title="Révisions du chiffre national, selon l'âge du mois")
    return


@app.cell(hide_code=True)
def _(some_editions):
    mo.stop(not some_editions)
    mo.md("""
    ## Les affirmations de la note, édition par édition

    La baisse de février à avril 2020, et la moyenne de janvier à septembre 2021 comparée aux mêmes
    mois de 2020 et de 2019. Une édition à qui manque un de ces mois ne donne pas de chiffre.
    """)
    return


@app.cell
def _(connection, national):
    headlines = mo.sql(
        f"""
        with told as (
            select
                edition,
                max(stock) filter (where month = '2020-02-01') as february_2020,
                max(stock) filter (where month = '2020-04-01') as april_2020,
                avg(stock) filter (where year(month) = 2019 and month(month) <= 9) as mean_2019,
                avg(stock) filter (where year(month) = 2020 and month(month) <= 9) as mean_2020,
                if(
                    count(*) filter (where year(month) = 2021 and month(month) <= 9) = 9,
                    avg(stock) filter (where year(month) = 2021 and month(month) <= 9),
                    null
                ) as mean_2021,
            from national
            group by edition
        )

        select
            edition,
            round(100 * (april_2020 / february_2020 - 1), 1) as fall_of_spring_2020_percent,
            round(mean_2021 - mean_2020) as change_on_2020,
            round(100 * (mean_2021 / mean_2020 - 1), 1) as change_on_2020_percent,
            round(100 * (mean_2021 / mean_2019 - 1), 1) as change_on_2019_percent,
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
    ## Les départements les plus révisés

    De la première à la dernière édition chargée, sur les mois que les deux ont.
    """)
    return


@app.cell
def _(connection, some_editions):
    mo.stop(not some_editions)
    departments = mo.sql(
        f"""
        select
            territories.territory_name,
            count(*) as nb_months,
            round(avg(last_told.stock - first_told.stock), 1) as mean_revision,
            round(100 * avg(last_told.stock - first_told.stock) / avg(first_told.stock), 1)
                as mean_revision_percent,
        from marts.fct_published_stock as last_told
        inner join marts.fct_published_stock as first_told using (month, territory_id)
        inner join marts.dim_territories as territories using (territory_id)
        where
            last_told.is_latest_edition
            and first_told.edition = (select min(edition) from marts.fct_published_stock)
            and territories.territory_level = 'departmental'
            and territories.is_covered
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
        x=alt.X("mean_revision_percent:Q", title="révision moyenne, %"),
        y=alt.Y("territory_name:N", sort="-x", title=None),
        color=alt.condition(
            "datum.mean_revision_percent < 0", alt.value("#d55e00"), alt.value("#0072b2")
        ),
        tooltip=["territory_name:N", "nb_months:Q", "mean_revision:Q", "mean_revision_percent:Q"],
    ).properties(width=560, title="Révision des départements, de la première à la dernière édition")
    return


if __name__ == "__main__":
    app.run()
