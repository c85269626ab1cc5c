import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Profil d'un territoire")

with app.setup:
    import altair as alt
    import marimo as mo
    import published_file


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Profil d'un territoire

    Choisissez une série et un territoire : son effectif, son taux à côté de celui de sa région et
    de la France, ses types de structures. Les traits en pointillé sont provisoires : des
    déclarations arrivent encore.
    """)
    return


@app.cell
def _():
    connection = published_file.opened(mo.notebook_dir().parent)
    return (connection,)


@app.cell(hide_code=True)
def _(connection):
    chosen = published_file.choice_of_series(connection)
    chosen
    return (chosen,)


@app.cell
def _(chosen, connection):
    territories = mo.sql(
        f"""
        select distinct
            territory_id,
            if(territory_level = 'regional', territory_name || ' (région)', territory_name) as name,
            territory_level = 'regional' as is_region,
        from series_stock
        where series = '{chosen.value}' and territory_level in ('regional', 'departmental')
        order by is_region, territory_id
        """,
        output=False,
        engine=connection,
    )
    return (territories,)


@app.cell
def _(territories):
    _options = dict(territories.select("name", "territory_id").iter_rows())
    picked = mo.ui.dropdown(
        options=_options,
        value="Nord" if "Nord" in _options else next(iter(_options)),
        label="Territoire",
        searchable=True,
    )
    picked
    return (picked,)


@app.cell
def _(chosen, connection, picked):
    # Le territoire, sa région et la France, dans la série étudiée.
    compared = mo.sql(
        f"""
        select territory_id, territory_name as name, month, stock, rate, is_provisional,
        from series_stock
        where
            series = '{chosen.value}'
            and (
                territory_id in ('{picked.value}', 'FR')
                or territory_id = (
                    select any_value(region_id) from series_stock
                    where territory_id = '{picked.value}'
                )
            )
        order by month, territory_id
        """,
        output=False,
        engine=connection,
    )
    stocks = compared.filter(compared["territory_id"] == picked.value)
    name = stocks["name"][0]
    return compared, name, stocks


@app.cell(hide_code=True)
def _(chosen, name, stocks):
    _firm = stocks.filter(~stocks["is_provisional"])
    _last = (_firm if _firm.height else stocks).tail(1)
    _before = stocks.filter(stocks["month"] == _last["month"].dt.offset_by("-1y").item())
    _stock = _last["stock"].item()
    _change = _stock - _before["stock"].item() if _before.height else None
    _rate = _last["rate"].item()
    mo.vstack(
        [
            mo.md(
                f"## {name}, {_last['month'].item():%m/%Y}, "
                f"{'dernier mois ferme' if _firm.height else 'dernier mois, provisoire'}\n\n"
                f"{chosen.value}."
            ),
            mo.hstack(
                [
                    mo.stat(f"{_stock:,}".replace(",", " "), label="personnes"),
                    mo.stat(
                        "–" if _change is None else f"{_change:+,}".replace(",", " "),
                        label="sur un an",
                        caption="" if _change is not None else "aucun mois à comparer",
                    ),
                    mo.stat(
                        "–" if _rate is None else f"{_rate:.1f}".replace(".", ","),
                        label="pour 10 000 habitants",
                    ),
                ],
                justify="start",
            ),
        ]
    )
    return


@app.cell(hide_code=True)
def _():
    def lines(rows, value, series, title, axis):
        """Une ligne par série, en pointillé là où elle est provisoire."""
        chart = alt.Chart(rows).encode(
            x=alt.X("month:T", title=None),
            y=alt.Y(f"{value}:Q", title=axis, scale=alt.Scale(zero=False)),
            color=alt.Color(f"{series}:N", title=None, scale=alt.Scale(scheme="tableau10")),
            tooltip=["month:T", f"{series}:N", alt.Tooltip(f"{value}:Q", format=",.1~f")],
        )
        return (
            chart.mark_line(strokeDash=[4, 3])
            + chart.transform_filter("!datum.is_provisional").mark_line()
        ).properties(width=680, height=280, title=title)

    return (lines,)


@app.cell(hide_code=True)
def _(chosen, lines, name, stocks):
    lines(stocks, "stock", "name", f"Personnes en IAE, {name}. {chosen.value}", "personnes")
    return


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## À côté de sa région et de la France

    Personnes pour 10 000 habitants (population de 2023).
    """)
    return


@app.cell
def _(compared):
    rates = compared.filter(compared["rate"].is_not_null())
    rates
    return (rates,)


@app.cell(hide_code=True)
def _(chosen, lines, name, rates):
    mo.stop(rates.is_empty(), mo.md("Ce territoire n'a pas de population de référence."))
    lines(rates, "rate", "name", f"Taux, {name}. {chosen.value}", "pour 10 000 habitants")
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
        output=False,
        engine=connection,
    )
    mo.stop(
        by_type.is_empty(),
        mo.md("Aucun effectif par type de structure n'est chargé pour ce territoire."),
    )
    origin = published_file.origin_of_types(connection)
    mo.md(f"## Par type de structure\n\n{origin}.")
    return by_type, origin


@app.cell(hide_code=True)
def _(by_type, lines, name, origin):
    lines(by_type, "stock", "structure_type", f"Personnes en IAE, {name}. {origin}", "personnes")
    return


if __name__ == "__main__":
    app.run()
