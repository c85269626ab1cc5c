"""Drops of a few rows written by hand, as ASP and Bpifrance write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from compiled_project import CompiledProject
from conftest import Pipeline
from loading import FLUXIAE, ITI_HEADER, fluxiae_text, put, workbook, write_fluxiae

# What the rows of each table say by hand, between bars; the last ones may be left out.
COLUMNS = {
    "structure": "structure_id_siae structure_adresse_admin_cp structure_adresse_admin_code_insee"
    " structure_adresse_gestion_cp structure_adresse_gestion_code_insee"
    " structure_date_modification",
    "annexe_financiere": "af_id_annexe_financiere af_id_structure af_mesure_dispositif_code"
    " af_numero_annexe_financiere af_numero_avenant_renouvellement af_numero_avenant_modification"
    " af_etat_annexe_financiere_code af_date_debut_effet af_date_fin_effet",
    "contrat_mission": "contrat_id_ctr contrat_id_pph contrat_id_structure"
    " contrat_mesure_disp_code contrat_date_embauche contrat_date_fin_contrat"
    " contrat_date_sortie_definitive contrat_date_modification",
    "etat_mensuel_indiv": "emi_dsm_id emi_pph_id emi_afi_id emi_ctr_id emi_sme_mois emi_sme_annee"
    " emi_esm_etat_code emi_nb_heures_travail emi_date_modification",
    "salarie": "salarie_id salarie_nir salarie_date_modification salarie_nom_usage",
}


def write_fluxiae_by_hand(drop: Path, stamp: str, **rows: str) -> None:
    """Write the five tables of FluxIAE, each with the rows given for it."""
    contents = {}
    for name, table in FLUXIAE.items():
        columns = COLUMNS[name].split()
        records = [
            dict(zip(columns, line.split("|"), strict=False))
            for line in rows.get(name, "").strip("\n").split("\n")
            if line
        ]
        every = [*columns, *(column for column in table.wanted if column not in columns)]
        contents[name] = fluxiae_text(table, records, deb=stamp, columns=every)
    write_fluxiae(drop, contents, stamp=stamp)


def write_iti(drop: Path, day: str, rows: Iterable[Iterable[object]]) -> None:
    """Write the workbook of Bpifrance, under a title."""
    lines = [["Entrées dans le programme"], [], ITI_HEADER, *map(list, rows)]
    put(drop, f"bpifrance_iti/iti_entrees_{day}.xlsx", workbook(lines))


def built_by_hand(
    folder: Path, compiled_project: CompiledProject, stamp: str, **rows: str
) -> Pipeline:
    """A pipeline on its folder `drop` with these tables of FluxIAE: loaded, built and tested."""
    pipeline = Pipeline(folder)
    write_fluxiae_by_hand(folder / "drop", stamp, **rows)
    pipeline.load(folder / "drop")
    compiled_project.build(pipeline.warehouse, tested=True)
    return pipeline
