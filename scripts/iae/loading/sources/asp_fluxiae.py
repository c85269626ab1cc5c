"""FluxIAE, the weekly snapshot of ASP's extranet IAE (docs/sources.md, "asp_fluxiae")."""

from typing import Any

from iae.loading.codes import dates, ids, nirs, patterns, places, references
from iae.loading.declaration import Gauge, Key, Source, Table
from iae.loading.formats.fluxiae import open_fluxiae

# The last month that is fully elapsed at $date (docs/indicator.md, "Months").
_LAST_MONTH = "date_trunc('month', $date::date + 1) - interval 1 month"


def _digits(column: str) -> str:
    """Return SQL: a number as text, without leading zeros; a cast would read `1.5` as 2."""
    return f"ltrim(trim({column}), '0')"


# Persons of each measure in the last month both extracts cover; policy is left to the models.
_STOCK = f"""
    with last_month as (
        select
            cast({_LAST_MONTH} as date) as first_day,
            last_day({_LAST_MONTH}) as last_day,
    ),

    contracts as (
        select
            contrat_id_ctr,
            contrat_id_pph,
            contrat_mesure_disp_code,
            try_strptime(contrat_date_embauche[:10], '%d/%m/%Y') as start_date,
            try_strptime(
                coalesce(contrat_date_sortie_definitive, contrat_date_fin_contrat)[:10],
                '%d/%m/%Y'
            ) as end_date,
        from {{contrat_mission}}
    ),

    states as (
        select
            state.emi_pph_id,
            coalesce(
                annex.af_mesure_dispositif_code, contracts.contrat_mesure_disp_code
            ) as measure,
        from {{etat_mensuel_indiv}} as state
        inner join last_month
            on {_digits("state.emi_sme_annee")} = year(first_day)::varchar
            and {_digits("state.emi_sme_mois")} = month(first_day)::varchar
        left join {{annexe_financiere}} as annex
            on state.emi_afi_id = annex.af_id_annexe_financiere
        left join contracts on state.emi_ctr_id = contracts.contrat_id_ctr
    )

    select
        contrat_mesure_disp_code || ', persons under contract' as label,
        count(distinct contrat_id_pph) as figure,
    from contracts
    inner join last_month
        on contracts.start_date <= last_month.last_day
        and coalesce(contracts.end_date >= last_month.last_day, true)
    where contrat_mesure_disp_code is not null
    group by contrat_mesure_disp_code

    union all

    select
        measure || ', persons with a monthly state' as label,
        count(distinct emi_pph_id) as figure,
    from states
    where measure is not null
    group by measure
"""  # noqa: S608

# In January the annexes of the new year can be missing, all of them.
_ANNEX_SHARE = f"""
    select
        '% of last month''s states with their annex' as label,
        round(100 * avg(
            (emi_afi_id in (select af_id_annexe_financiere from {{annexe_financiere}}))::integer
        ))::bigint as figure,
    from {{etat_mensuel_indiv}}
    where
        {_digits("emi_sme_annee")} = year({_LAST_MONTH})::varchar
        and {_digits("emi_sme_mois")} = month({_LAST_MONTH})::varchar
        and emi_afi_id is not null
    having figure is not null
"""  # noqa: S608


def _table(name: str, view: str, columns: str, **more: Any) -> Table:
    return Table(
        name=name,
        # The view's name is matched up to the next "_".
        pattern=rf"fluxIAE_{view}_",
        example=f"fluxIAE_{view}_DDMMYYYY_HHMMSS.csv.gz",
        columns=tuple(columns.split()),
        **more,
    )


def _codes(*columns: str) -> tuple[Key, ...]:
    """Codes such as `ACI_DC` and `VALIDE`: which of them count is the models' to say."""
    return patterns("a code in capitals", "[A-Z_]+", *columns, least=0)


ASP_FLUXIAE = Source(
    name="asp_fluxiae",
    tables=(
        _table(
            "structure",
            "Structure",
            """
            structure_id_siae structure_siret_signature structure_siret_actualise
            structure_denomination structure_code_naf structure_adresse_admin_cp
            structure_adresse_admin_commune structure_adresse_admin_code_insee
            structure_adresse_gestion_cp structure_adresse_gestion_commune
            structure_adresse_gestion_code_insee structure_date_creation
            structure_date_modification
            """,
            keys=(
                *ids("structure_id_siae"),
                *dates("structure_date_modification"),
                *places(
                    communes=(
                        "structure_adresse_admin_code_insee",
                        "structure_adresse_gestion_code_insee",
                    ),
                    postcodes=("structure_adresse_admin_cp", "structure_adresse_gestion_cp"),
                ),
            ),
        ),
        _table(
            "annexe_financiere",
            "AnnexeFinanciere",
            """
            af_id_annexe_financiere af_id_structure af_mesure_dispositif_code
            af_numero_annexe_financiere af_numero_avenant_renouvellement
            af_numero_avenant_modification af_etat_annexe_financiere_code af_date_debut_effet
            af_date_fin_effet af_etp_postes_insertion
            """,
            has_personal_data=False,
            keys=(
                *ids("af_id_annexe_financiere"),
                *references("af_id_structure"),
                *_codes("af_mesure_dispositif_code", "af_etat_annexe_financiere_code"),
                *dates("af_date_debut_effet"),
            ),
        ),
        _table(
            "contrat_mission",
            "ContratMission",
            """
            contrat_id_ctr contrat_id_pph contrat_id_structure contrat_mesure_disp_code
            contrat_type_contrat contrat_date_embauche contrat_date_fin_contrat
            contrat_date_sortie_definitive contrat_date_creation contrat_date_modification
            """,
            keys=(
                *ids("contrat_id_ctr", "contrat_id_pph"),
                *references("contrat_id_structure"),
                *_codes("contrat_mesure_disp_code"),
                *dates(
                    "contrat_date_embauche",
                    "contrat_date_fin_contrat",
                    "contrat_date_sortie_definitive",
                    "contrat_date_modification",
                ),
            ),
        ),
        _table(
            "etat_mensuel_indiv",
            "EtatMensuelIndiv",
            """
            emi_dsm_id emi_pph_id emi_afi_id emi_ctr_id emi_sme_mois emi_sme_annee
            emi_sme_version emi_esm_etat_code emi_nb_heures_travail emi_part_etp
            emi_date_creation emi_date_modification
            """,
            keys=(
                *ids("emi_dsm_id", "emi_pph_id"),
                *references("emi_afi_id"),
                *patterns("a month from 1 to 12", r"0*([1-9]|1[0-2])", "emi_sme_mois"),
                *patterns("a year", r"20\d\d", "emi_sme_annee"),
                *_codes("emi_esm_etat_code"),
                *patterns(
                    "hours with a decimal point", r"-?(\d+\.?\d*|\.\d+)", "emi_nb_heures_travail"
                ),
                *dates("emi_date_modification"),
            ),
        ),
        _table(
            "salarie",
            "Salarie",
            "salarie_id salarie_date_modification",
            nir="salarie_nir",
            keys=(*ids("salarie_id"), *dates("salarie_date_modification"), *nirs("salarie_nir")),
        ),
    ),
    open=open_fluxiae,
    date_format="%d%m%Y",
    gauges=(
        Gauge(_STOCK, at_same_date=True),
        Gauge(_ANNEX_SHARE, at_same_date=False, is_percentage=True),
    ),
)
