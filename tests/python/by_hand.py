"""Drops of a few rows written by hand, as ASP and Bpifrance write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

from loading import FLUXIAE, fluxiae_text, write_fluxiae

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


def write_iti(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write the workbook of Bpifrance, under a title."""
    path.parent.mkdir(parents=True)
    with xlsxwriter.Workbook(path, {"default_date_format": "mmm-yy"}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "Entrées dans le programme")
        header = ["Mois", "Région", "Département", "Réseau", "Entrées"]
        for line, row in enumerate([header, *rows], start=2):
            sheet.write_row(line, 0, row)
