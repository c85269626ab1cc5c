"""The audit of what is open for the country beside the stock: flows, people, structures.

Its rules are those of docs/protection.md, "What is beside the stock".
"""

import duckdb

# Rows of each table that are not as they must be: nobody could say what they tell.
WRONG = {
    "flows_by_structure_type": """
        with stock as (
            select month, structure_type, stock from open_data.stock_by_structure_type
            where territory_id = 'FR'
        )
        select 1
        from open_data.flows_by_structure_type as open
        full join marts.fct_flows_by_structure_type as exact
            using (month, territory_id, structure_type)
        left join stock as now using (month, structure_type)
        left join stock as before
            on before.month = exact.month - interval 1 month
            and before.structure_type = exact.structure_type
        left join marts.fct_stock_by_structure_type as exact_now
            on exact_now.month = exact.month
            and exact_now.territory_id = exact.territory_id
            and exact_now.structure_type = exact.structure_type
        where territory_id = 'FR' and structure_type not in (
            select structure_type from marts.dim_structure_types
            where stock_rule = 'entered_recently'
        ) and (
            (open.entries is null) != (exact.entries is null)
            or (open.exits is null) != (exact.exits is null)
            or (open.returns is null) != (exact.returns is null)
            or open.entries < 0 or open.exits < 0
            or open.entries % $base != 0 or open.returns % $base != 0
            or open.returns not between 0 and open.entries
            or now.stock - open.entries != before.stock - open.exits
            or abs((now.stock - open.entries) - (exact_now.stock - exact.entries)) >= $base
        )
        or structure_type in (
            select structure_type from marts.dim_structure_types
            where stock_rule = 'entered_recently'
        ) and open.month is not null
    """,
    "people_by_year": """
        with stock as (
            select month, structure_type as component, stock from open_data.stock_by_structure_type
            where territory_id = 'FR'
            union all
            select month, 'constant', constant_stock from open_data.composite_stock
            where territory_id = 'FR'
        ),
        exact_stock as (
            select month, structure_type as component, stock
            from marts.fct_stock_by_structure_type where territory_id = 'FR'
            union all
            select month, 'constant', constant_stock from marts.fct_composite_stock
            where territory_id = 'FR'
        ),
        largest as (
            select year(month) as year, component, max(stock.stock) as open_stock,
                sum(stock.stock) as open_sum, max(exact_stock.stock) as exact_stock,
            from stock inner join exact_stock using (month, component) group by all
        )
        select 1
        from open_data.people_by_year as open
        full join marts.fct_people_by_year as exact using (year, territory_id, component)
        left join largest using (year, component)
        where territory_id = 'FR' and (
            (
                open.nb_people % $base != 0
                or abs(open.nb_people - exact.nb_people) >= $base
                or open.nb_people < open_stock and exact.nb_people >= exact_stock
                or open.nb_people > open_sum and open.nb_people > exact.nb_people
            ) is not false
        )
    """,
    "structures_by_structure_type": """
        select 1
        from open_data.structures_by_structure_type as open
        full join marts.fct_structures_by_structure_type as exact
            using (month, territory_id, structure_type)
        left join open_data.stock_by_structure_type as stock
            using (month, territory_id, structure_type)
        where territory_id = 'FR' and (
            (
                open.nb_structures % $base != 0
                or stock.stock = 0 and open.nb_structures != 0
                or stock.stock > 0 and abs(open.nb_structures - exact.nb_structures) >= $base
            ) is not false
        )
    """,
    "declarations": """
        select 1
        from open_data.declarations as open
        full join marts.fct_declarations as exact using (month, territory_id, structure_type)
        where territory_id = 'FR' and (
            (
                open.nb_expected % $base != 0 or open.nb_declared % $base != 0
                or open.nb_declared > open.nb_expected
                or abs(open.nb_expected - exact.nb_expected) >= $base
                or abs(open.nb_declared - exact.nb_declared) >= $base
                or open.declaration_rate
                is distinct from open.nb_declared / nullif(open.nb_expected, 0)
            ) is not false
        )
    """,
}


def tables_that_tell(
    connection: duckdb.DuckDBPyConnection, names: set[str], base: int
) -> list[str]:
    """Return those of the tables `names` that hold something else than what may be told."""
    return [
        name
        for name, sql in WRONG.items()
        if name in names
        and connection.execute(
            f"select count(*) from ({sql}) "  # noqa: S608
            f"union all select count(*) from open_data.{name} where territory_id != 'FR'",
            {"base": base},
        ).fetchall()
        != [(0,), (0,)]
    ]
