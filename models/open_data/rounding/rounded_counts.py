"""The counts of the country, each at one of the two multiples around it."""


def model(dbt, session):
    """Return the counts with `rounded_count`: up with the probability that its distance gives."""
    from pathlib import Path

    import numpy as np

    from iae.protection.rounding import draw
    from iae.protection.stock import rounding_salt

    dbt.config(materialized="table")
    ((file,),) = session.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchall()
    salt = rounding_salt(Path(file))
    counts = dbt.ref("country_counts").order("all")
    columns = counts.fetchnumpy()
    names = counts.project("concat_ws('|', figure, component, period)").fetchall()
    drawn = np.array([draw(name, salt) for (name,) in names], np.float64)
    below, above = columns["count_below"], columns["count_above"]
    is_up = drawn * (above - below) < columns["exact_count"] - below
    columns["rounded_count"] = np.where(is_up, above, below).astype(np.int64)
    session.register("rounded_columns", columns)
    return session.sql(
        "select figure::varchar as figure, component::varchar as component, "
        "count_below::bigint as count_below, count_above::bigint as count_above, "
        "rounded_count::bigint as rounded_count, period::date as period from rounded_columns"
    )
