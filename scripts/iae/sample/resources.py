"""What the sample is made of: the SQL scripts and calibration tables of this package."""

from importlib import resources

import duckdb

from iae.sql import literal

_PACKAGE = resources.files("iae.sample")
_CALIBRATION = {
    "monthly_stock": "structure_type varchar, month date, value integer, status varchar",
    "regional_shape": (
        "region_code varchar, share_2019 double, share_2022 double, covid_change double, "
        "august_change double"
    ),
    "departments": (
        "department_code varchar, department_name varchar, region_code varchar, "
        "region_name varchar, population integer, commune_code varchar, commune_name varchar, "
        "postcode varchar"
    ),
}


def run_script(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Run the statements of `sql/<name>.sql`."""
    connection.execute((_PACKAGE / "sql" / f"{name}.sql").read_text(encoding="utf-8"))


def read_text(name: str) -> str:
    """Return the content of `data/<name>`."""
    return (_PACKAGE / "data" / name).read_text(encoding="utf-8")


def load_calibration(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables `monthly_stock`, `regional_shape` and `departments` from `data/`."""
    for table, columns in _CALIBRATION.items():
        connection.execute(f"create table {table} ({columns})")
        with resources.as_file(_PACKAGE / "data" / f"{table}.csv") as path:
            connection.execute(f"copy {table} from {literal(str(path))} (header, delimiter ',')")
