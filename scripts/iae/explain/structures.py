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
        asp_structures as (
            select
                structure_type,
                structure_id,
                department_code,
                count(distinct person_id) as nb_people,
            from counted
            where
                list_contains($types, structure_type)
                and list_contains($departments, department_code)
            group by all
        ),
        asp_rows as (
            select structure_id, structure_name, current_siret, signature_siret
            from staging.stg_asp_fluxiae__structure
            qualify
                row_number() over (
                    partition by structure_id order by modified_at desc nulls last, file_line desc
                ) = 1
        ),
        geiq_structures as (
            select
                'GEIQ' as structure_type,
                siret,
                department_code,
                count(distinct person_key) as nb_people,
                string_agg(distinct located_by, ', ' order by located_by) as located_by,
            from intermediate.int_geiq_contracts_classified
            where
                list_contains($types, 'GEIQ')
                and outcome = 'counted'
                and list_contains(months_present, $month)
                and list_contains($departments, department_code)
            group by all
        ),
        geiq_names as (
            select siret, arg_max(employer_name, list_year) as employer_name
            from staging.stg_geiq__listes
            group by siret
        )
        select
            asp_structures.structure_type,
            asp_structures.structure_id,
            asp_rows.structure_name,
            coalesce(asp_rows.current_siret, asp_rows.signature_siret) as siret,
            asp_structures.department_code,
            located.located_by,
            asp_structures.nb_people,
        from asp_structures
        left join asp_rows
            on asp_structures.structure_id = asp_rows.structure_id
        left join intermediate.int_asp_structures_located as located
            on asp_structures.structure_id = located.structure_id
        union all
        select
            geiq_structures.structure_type,
            geiq_structures.siret,
            geiq_names.employer_name,
            geiq_structures.siret,
            geiq_structures.department_code,
            geiq_structures.located_by,
            geiq_structures.nb_people,
        from geiq_structures
        left join geiq_names
            on geiq_structures.siret = geiq_names.siret
        order by nb_people desc, structure_type, structure_id, department_code
        """,
    )
    return [Structure(*row) for row in rows]
