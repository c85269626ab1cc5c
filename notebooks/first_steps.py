import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Premiers pas")

with app.setup:
    import altair as alt
    import marimo as mo
    import published_file


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Premiers pas

    Cinq questions sur les personnes en insertion par l'activité économique (IAE), chacune avec sa
    requête et son graphique. Modifiez une requête : ce qui en dépend suit.

    Le catalogue (`site/catalogue/index.html`) décrit chaque table et chaque colonne.
    Une règle avant toutes les autres : **un effectif mensuel ne s'additionne jamais sur plusieurs
    mois**.
    """)
    return


@app.cell
def _():
    connection = published_file.opened(mo.notebook_dir().parent)
    return (connection,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## D'où viennent les chiffres
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
    _made_up = sorted(set(extracts.filter(extracts["is_synthetic"])["source"]))
    _real = sorted(set(extracts.filter(~extracts["is_synthetic"])["source"]))
    mo.callout(
        mo.md(
            f"Données réelles : {', '.join(_real) or 'aucune'}. Données fictives, sans rien dire "
            f"de la France : {', '.join(_made_up) or 'aucune'}."
        ),
        kind="warn" if _made_up else "info",
    )
    return


@app.cell(hide_code=True)
def _(connection):
    chosen = published_file.choice_of_series(connection)
    chosen
    return (chosen,)


@app.cell(hide_code=True)
def _(chosen, connection):
    _break = connection.sql(
        """
        select strftime(max(first_month), '%m/%Y')
        from open_data.composite_scopes
        where scope = 'official'
        """
    ).fetchall()[0][0]
    mo.md(f"""
    ## 1. Combien de personnes, mois par mois ?

    {chosen.value}. La fin en pointillé est provisoire : des déclarations arrivent encore. Le
    périmètre officiel et la série publiée changent de champ en {_break} (EITI, GEIQ et ITI).
    """)
    return


@app.cell
def _(chosen, connection):
    stocks = mo.sql(
        f"""
        select
            stocks.month,
            stocks.territory_id,
            stocks.territory_level,
            stocks.territory_name,
            stocks.stock,
            stocks.rate,
            stocks.is_provisional,
            year_before.stock as stock_year_before,
        from series_stock as stocks
        left join series_stock as year_before
            on
                stocks.series = year_before.series
                and stocks.territory_id = year_before.territory_id
                and stocks.month = year_before.month + interval 1 year
        where stocks.series = '{chosen.value}'
        order by stocks.month, stocks.territory_id
        """,
        output=False,
        engine=connection,
    )
    return (stocks,)


@app.cell(hide_code=True)
def _(chosen, stocks):
    france = stocks.filter(stocks["territory_id"] == "FR")
    _lines = alt.Chart(france).encode(
        x=alt.X("month:T", title=None),
        y=alt.Y("stock:Q", title="personnes", scale=alt.Scale(zero=False)),
        tooltip=["month:T", alt.Tooltip("stock:Q", format=",")],
    )
    (
        _lines.mark_line(strokeDash=[4, 3], color="#0072b2")
        + _lines.transform_filter("!datum.is_provisional").mark_line(color="#0072b2")
    ).properties(width=680, height=300, title=f"Personnes en IAE, France. {chosen.value}")
    return (france,)


@app.cell(hide_code=True)
def _(france):
    # Le dernier mois ferme, ou le dernier tout court quand tous sont provisoires.
    _firm = france.filter(~france["is_provisional"])
    _months = _firm if _firm.height else france
    studied_month = _months["month"].max()
    _stock = _months.filter(_months["month"] == studied_month)["stock"].item()
    mo.md(
        f"{'Dernier mois ferme' if _firm.height else 'Dernier mois, provisoire'} : "
        f"{studied_month:%m/%Y}, {_stock:,} personnes.".replace(",", " ", 1)
    )
    return (studied_month,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 2. Où sont-elles le plus présentes ?

    Personnes pour 10 000 habitants (population de 2023), le mois dit plus haut.
    """)
    return


@app.cell
def _(stocks, studied_month):
    departments = (
        stocks.filter(
            (stocks["territory_level"] == "departmental")
            & (stocks["month"] == studied_month)
            & stocks["rate"].is_not_null()
        )
        .sort("rate", descending=True)
        .head(20)
    )
    departments
    return (departments,)


@app.cell(hide_code=True)
def _(chosen, departments):
    alt.Chart(departments).mark_bar(color="#0072b2").encode(
        x=alt.X("rate:Q", title="personnes pour 10 000 habitants"),
        y=alt.Y("territory_name:N", sort="-x", title=None),
        tooltip=[
            "territory_name:N",
            alt.Tooltip("stock:Q", format=","),
            alt.Tooltip("rate:Q", format=".2f"),
        ],
    ).properties(width=560, title=f"Les vingt départements où l'IAE pèse le plus. {chosen.value}")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## 3. Quelles régions progressent ?

    Évolution sur un an, le mois dit plus haut.
    """)
    return


@app.cell
def _(connection, stocks, studied_month):
    regions = mo.sql(
        f"""
        select
            territory_name,
            month,
            stock,
            stock - stock_year_before as change,
            round(100 * (stock / nullif(stock_year_before, 0) - 1), 1) as change_percent,
        from stocks
        where territory_level = 'regional' and month = '{studied_month}'
        order by change_percent desc nulls last
        """,
        engine=connection,
    )
    return (regions,)


@app.cell(hide_code=True)
def _(chosen, regions):
    mo.stop(
        regions["change_percent"].is_null().all(),
        mo.md("Aucun mois de l'année précédente à comparer."),
    )
    alt.Chart(regions).mark_bar().encode(
        x=alt.X("change_percent:Q", title="évolution sur un an, %"),
        y=alt.Y("territory_name:N", sort="-x", title=None),
        color=alt.condition("datum.change_percent < 0", alt.value("#d55e00"), alt.value("#0072b2")),
        tooltip=[
            "territory_name:N",
            alt.Tooltip("change:Q", format="+,"),
            alt.Tooltip("change_percent:Q", format="+.1f"),
        ],
    ).properties(width=560, title=f"Évolution de l'effectif sur un an. {chosen.value}")
    return


@app.cell(hide_code=True)
def _(connection):
    by_type = mo.sql(
        f"""
        select
            month,
            structure_type,
            stock,
            is_provisional,
            round(100 * stock / nullif(avg(stock) over whole_year, 0), 1) as season,
            count(*) over whole_year as nb_months,
        from marts.fct_stock_by_structure_type
        where territory_id = 'FR'
        window whole_year as (partition by structure_type, year(month))
        order by month, structure_type
        """,
        output=False,
        engine=connection,
    )
    mo.stop(
        by_type.is_empty(),
        mo.md(
            "Les effectifs par type de structure demandent les extraits de l'ASP, d'Extrapro et de "
            "BPI France : aucun n'est chargé."
        ),
    )
    origin = published_file.origin_of_types(connection)
    mo.md(f"""
    ## 4. Dans quels types de structures ?

    {origin}. Une personne présente dans deux types compte dans chacun. Chaque type a sa source,
    donc son dernier mois et son nombre de mois provisoires.
    """)
    return by_type, origin


@app.cell(hide_code=True)
def _(by_type, origin):
    _lines = alt.Chart(by_type).encode(
        x=alt.X("month:T", title=None),
        y=alt.Y("stock:Q", title="personnes"),
        color=alt.Color("structure_type:N", title="type", scale=alt.Scale(scheme="tableau10")),
        tooltip=["month:T", "structure_type:N", alt.Tooltip("stock:Q", format=",")],
    )
    (
        _lines.mark_line(strokeDash=[4, 3])
        + _lines.transform_filter("!datum.is_provisional").mark_line()
    ).properties(width=680, height=300, title=f"Personnes en IAE par type, France. {origin}")
    return


@app.cell(hide_code=True)
def _(by_type, origin):
    mo.md(f"""
    ## 5. À quoi ressemble une année ?

    {origin}. Chaque mois rapporté à la moyenne de son année, sur les années complètes sauf 2020 :
    sous 100, c'est la basse saison.
    """)
    return


@app.cell
def _(by_type, connection):
    seasons = mo.sql(
        f"""
        select
            structure_type,
            month(month) as month_of_year,
            round(avg(season), 1) as season,
        from by_type
        where
            nb_months = 12
            and not is_provisional
            and year(month) != 2020
            and structure_type in ('ACI', 'AI', 'EI', 'ETTI')
        group by all
        order by structure_type, month_of_year
        """,
        engine=connection,
    )
    return (seasons,)


@app.cell(hide_code=True)
def _(origin, seasons):
    alt.Chart(seasons).mark_line(point=True).encode(
        x=alt.X("month_of_year:O", title="mois de l'année", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("season:Q", title="100 = moyenne de l'année", scale=alt.Scale(zero=False)),
        color=alt.Color("structure_type:N", title="type", scale=alt.Scale(scheme="tableau10")),
        tooltip=["structure_type:N", "month_of_year:O", "season:Q"],
    ).properties(width=680, height=280, title=f"Saison par type de structure, France. {origin}")
    return


if __name__ == "__main__":
    app.run()
