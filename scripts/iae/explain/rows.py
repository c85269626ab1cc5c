"""The rows that a cell was counted from, and those that are not in it, by outcome and reason."""

from dataclasses import dataclass

import duckdb

from iae.explain.cell import Cell

# A contract is in a month when it runs on its last day; an excluded one when it would.
_RUNS = """
    if(
        outcome = 'counted',
        {counted},
        reason != 'invalid_dates'
        and start_date <= last_day($month)
        and coalesce(end_date >= last_day($month), true)
    )
"""
_CONTRACTS = f"""
    select
        *,
        'ContratMission' as source_table,
        person_id as person,
        1 as nb_people,
        {_RUNS.format(counted="$month between first_month_present and last_month_present")}
            as is_in_month,
        reason = 'invalid_dates' as has_no_month,
    from intermediate.int_asp_contracts_classified
"""  # noqa: S608
_MONTHLY_STATES = """
    select
        *,
        'EtatMensuelIndiv' as source_table,
        person_id as person,
        1 as nb_people,
        month = $month as is_in_month,
        month is null as has_no_month,
    from intermediate.int_asp_monthly_states_classified
    where month = $month or month is null
"""
_GEIQ_CONTRACTS = f"""
    select
        *,
        'GEIQ' as structure_type,
        hash(person_key) as person,
        1 as nb_people,
        {_RUNS.format(counted="list_contains(months_present, $month)")} as is_in_month,
        reason = 'invalid_dates' as has_no_month,
    from intermediate.int_geiq_contracts_classified
"""  # noqa: S608
# Entries count in their month and in those after it that the window holds: each line is entries.
_ITI_ENTRIES = """
    select
        *,
        'iti_entrees' as source_table,
        'ITI' as structure_type,
        cast(file_line as ubigint) as person,
        if(outcome = 'counted', nb_entries, 0) as nb_people,
        month between $month - to_months({window} - 1) and $month as is_in_month,
        month is null as has_no_month,
    from intermediate.int_iti_entries_classified
"""


@dataclass
class Rows:
    """Rows of one table that ended in one way. People are persons; for ITI, entries that count."""

    structure_type: str
    source_table: str
    outcome: str
    reason: str | None
    nb_rows: int
    nb_people: int


@dataclass
class RowsInNoCell:
    """Rows without a month that can be read, outside coverage, or of no known type."""

    nb_without_month: int = 0
    nb_outside_coverage: int = 0
    nb_without_type: int = 0


def count_rows(
    connection: duckdb.DuckDBPyConnection, cell: Cell, iti_presence_months: int
) -> tuple[list[Rows], RowsInNoCell]:
    """Count the rows of a cell, table by table; then those of its types that are in no cell."""
    rows: list[Rows] = []
    in_no_cell = RowsInNoCell()
    is_asp = bool(set(cell.types) - {"GEIQ", "ITI"})
    tables = {
        _CONTRACTS: is_asp,
        _MONTHLY_STATES: is_asp,
        _GEIQ_CONTRACTS: "GEIQ" in cell.types,
        _ITI_ENTRIES.format(window=iti_presence_months): "ITI" in cell.types,
    }
    for table in [table for table, is_read in tables.items() if is_read]:
        for structure_type, source_table, outcome, reason, *counts in cell.rows(
            connection,
            f"""
            with described as ({table}),
            placed as (
                select
                    *,
                    list_contains($types, structure_type) as is_of_type,
                    list_contains($departments, department_code) as is_of_place,
                    coalesce(is_of_type and is_of_place and is_in_month, false) as is_in_cell,
                from described
            )
            select
                if(is_of_type, structure_type, null) as structure_type,
                source_table,
                outcome,
                reason,
                count(*) filter (where is_in_cell),
                count(*) filter (where is_of_type and is_of_place and has_no_month),
                count(*) filter (
                    where is_of_type and is_in_month and reason = 'outside_coverage'
                ),
                count(*) filter (where structure_type is null and is_in_month),
                if(
                    source_table = 'iti_entrees',
                    coalesce(sum(nb_people) filter (where is_in_cell), 0),
                    count(distinct (department_code, person)) filter (where is_in_cell)
                ) as nb_people,
            from placed
            group by 1, 2, 3, 4
            order by 1, 2, 3, 5 desc, 4
            """,  # noqa: S608
        ):
            nb_rows, without_month, outside_coverage, without_type, nb_people = map(int, counts)
            if nb_rows:
                rows.append(Rows(structure_type, source_table, outcome, reason, nb_rows, nb_people))
            in_no_cell.nb_without_month += without_month
            in_no_cell.nb_outside_coverage += outside_coverage
            in_no_cell.nb_without_type += without_type
    return rows, in_no_cell


def count_people(connection: duckdb.DuckDBPyConnection, cell: Cell) -> int:
    """Count the persons of a cell, each once, and the entries into ITI that are still there."""
    [(nb_people,)] = cell.rows(
        connection,
        """
        select
            (
                select count(distinct (department_code, structure_type, person_id))
                from intermediate.int_presences
                where
                    month = $month
                    and list_contains($types, structure_type)
                    and list_contains($departments, department_code)
            )
            + (
                select coalesce(sum(stock), 0)
                from intermediate.int_iti_monthly_stock
                where
                    month = $month
                    and list_contains($types, 'ITI')
                    and list_contains($departments, department_code)
            )
        """,
    )
    return int(nb_people)
