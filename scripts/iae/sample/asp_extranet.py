"""The sample of `asp_fluxiae`: every table of one extract of the ASP extranet IAE."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from iae.sample.resources import read_text, run_script
from iae.sample.text_files import Layout, WrittenFile, write_delimited


@dataclass(frozen=True)
class Table:
    """One table of the extract.

    Its DEB row is dated `days_before` the extract, none is there when None; `has_end` adds a FIN
    row. The `extension` need not tell the container.
    """

    name: str
    layout: Layout
    extension: str
    query: str
    days_before: int | None = 0
    has_end: bool = True


# Other tables of the folder: named by the loader, and left alone.
_OTHER_TABLES = (
    Table(
        "AnnexeFinanciereACI",
        Layout(container="gzip"),
        ".csv.gz",
        "select annex_id as aci_af_id, 'false' as aci_chantier_ecole from annexes"
        " where structure_type = 'ACI' and version = 'last' order by annex_id",
    ),
    Table(
        "MissionsEtatMensuelIndiv",
        Layout(),
        ".csv",
        "select state_id as mei_dsm_id, state_id + 1 as mei_mis_id, nb_hours as mei_nombre_heures"
        " from state_samples order by exception_rank",
    ),
    Table(
        "RefMotifSort",
        Layout(line_end=b"\r\n"),
        ".csv",
        "select col0 as rms_id, col1 as rms_libelle from (values"
        " (20, 'Embauche en CDI non aidé'), (21, 'Fin de contrat'), (22, 'Rupture'),"
        " (23, 'Entrée en formation'))",
        has_end=False,
    ),
    Table(
        "RefMesureDispositif",
        Layout(),
        ".csv",
        "select type_no as rmd_id, measure_code as rmd_code from types order by type_no",
        days_before=None,
    ),
)


def delivered(extract_date: date) -> date:
    """Return the date in the file names of an extract."""
    return extract_date + timedelta(days=6)


def write_fluxiae(
    connection: duckdb.DuckDBPyConnection, out: Path, extract_date: date
) -> Iterator[WrittenFile]:
    """Write the extract, table by table, in all the containers and envelopes that ASP delivers.

    `extract_date` is that of the latest DEB row; the file names bear the date of `delivered`.
    """
    for script in ("structures", "contract_rows", "monthly_state_rows"):
        run_script(connection, script)
    folder = out / "asp_fluxiae"
    folder.mkdir()
    stamp = f"{delivered(extract_date):%d%m%Y}_112211"
    tables = (
        Table(
            "Structure",
            Layout(line_end=b"\r\n", has_bom=True),
            ".csv",
            "from drop_structure",
            days_before=1,
        ),
        Table(
            "AnnexeFinanciere",
            Layout(container="gzip"),
            ".csv.gz",
            _annex_query(connection),
            has_end=False,
        ),
        Table("ContratMission", Layout(container="zip"), ".csv.gz", "from drop_contrat_mission"),
        Table("Salarie", Layout(), ".csv", "from drop_salarie", days_before=None),
        Table(
            "EtatMensuelIndiv", Layout(container="gzip"), ".csv.gz", "from drop_etat_mensuel_indiv"
        ),
        *_OTHER_TABLES,
    )
    for table in tables:
        first_row = None
        if table.days_before is not None:
            day = extract_date - timedelta(days=table.days_before)
            first_row = f"DEB{table.name}{day:%d%m%Y}_063004"
        last_row_prefix = "FIN" if table.has_end else None
        layout = replace(table.layout, first_row=first_row, last_row_prefix=last_row_prefix)
        path = folder / f"fluxIAE_{table.name}_{stamp}{table.extension}"
        yield write_delimited(connection, table.query, path, layout)


def _annex_query(connection: duckdb.DuckDBPyConnection) -> str:
    """All columns of the real file in their order, empty where nothing reads them."""
    known = {
        name for name, *_ in connection.execute("describe from drop_annexe_financiere").fetchall()
    }
    columns = (
        f'"{name}"' if name in known else f'null as "{name}"'
        for name in read_text("annexe_financiere_columns.txt").splitlines()
    )
    return f"select {', '.join(columns)} from drop_annexe_financiere"  # noqa: S608 (own names)
