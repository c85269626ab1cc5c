"""The structures that make a figure."""

from dataclasses import dataclass

import duckdb

from iae.explain.cell import Cell


@dataclass
class Structure:
    """A structure with people counted in the cell; a person of two structures is in both."""

    structure_type: str
    structure_id: str | None
    name: str | None
    siret: str | None
    department_code: str
    located_by: str | None
    nb_people: int


def list_structures(connection: duckdb.DuckDBPyConnection, cell: Cell) -> list[Structure]:
    """Return the structures of a cell, most people first; rows of none make one without an id."""
    rows = cell.rows(
        connection,
        """
        with counted as (
            select structure_type, structure_id, department_code, person_id
            from intermediate.int_asp_contracts_classified
            where
                outcome = 'counted'
                and $month between first_month_present and last_month_present
            union all
            select structure_type, structure_id, department_code, person_id
            from intermediate.int_asp_monthly_states_classified
            where outcome = 'counted' and month = $month
        ),
        asp_rows as (
            select structure_id, structure_name, current_siret, signature_siret
            from staging.stg_asp_fluxiae__structure
            qualify
                row_number() over (
                    partition by structure_id order by modified_at desc nulls last, file_line desc
                ) = 1
        ),
        geiq_names as (
            select siret, arg_max(employer_name, list_year) as employer_name
            from staging.stg_geiq__listes
            group by siret
        )
        select
            structure_type,
            structure_id,
            structure_name,
            coalesce(current_siret, signature_siret) as siret,
            counted.department_code,
            located_by,
            count(distinct person_id) as nb_people,
        from counted
        left join asp_rows using (structure_id)
        left join intermediate.int_asp_structures_located using (structure_id)
        where
            list_contains($types, structure_type)
            and list_contains($departments, counted.department_code)
        group by all
        union all
        select
            'GEIQ',
            siret,
            employer_name,
            siret,
            department_code,
            string_agg(distinct located_by, ', ' order by located_by),
            count(distinct person_key),
        from intermediate.int_geiq_contracts_classified
        left join geiq_names using (siret)
        where
            list_contains($types, 'GEIQ')
            and outcome = 'counted'
            and list_contains(months_present, $month)
            and list_contains($departments, department_code)
        group by all
        order by nb_people desc, structure_type, structure_id, department_code
        """,
    )
    return [Structure(*row) for row in rows]
