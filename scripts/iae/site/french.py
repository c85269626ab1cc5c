"""French names, numbers and dates of the parts of the page that are written without a script."""

from datetime import date

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip

SOURCE_NAMES = {
    "asp_fluxiae": "Extranet IAE de l’ASP",
    "asp_contrats_aides": "Contrats aidés (ASP)",
    "extrapro": "Contrats de professionnalisation (Extrapro)",
    "geiq": "Liste annuelle des GEIQ",
    "bpifrance_iti": "Insertion par le travail indépendant (BPI France)",
    "barometre": "Baromètre des résultats de l’action publique",
}

MART_DESCRIPTIONS = {
    "audit_builds": "La construction dont viennent ces tables, et les alertes des contrôles.",
    "audit_extracts": "Les extraits dont viennent les chiffres, avec leurs dates.",
    "audit_row_outcomes": "Combien de lignes comptent, combien sont écartées, et pourquoi.",
    "dim_structure_types": "Les types de structures, leur source et leur règle de comptage.",
    "dim_territories": "Les territoires : codes, noms, régions, population.",
    "fct_composite_stock": (
        "L’indicateur composite par mois et territoire, dans les deux périmètres, "
        "et son évolution sur 12 mois."
    ),
    "fct_declarations": ("Combien de structures devaient déclarer un mois, et combien l’ont fait."),
    "fct_flows_by_structure_type": "Les entrées, les sorties et les retours, mois par mois.",
    "fct_people_by_year": "Les personnes différentes dans l’année : ne s’additionnent pas.",
    "fct_published_revisions": "Les révisions de la série publiée, d’une édition à la suivante.",
    "fct_published_stock": "La série publiée par l’administration, toutes éditions.",
    "fct_reconciliation": "L’écart entre le périmètre constant et la série publiée.",
    "fct_structures_by_structure_type": "Les structures qui ont des personnes comptées.",
    "fct_stock_by_structure_type": "Le stock de personnes par mois, territoire et type.",
}

# The reasons of indicator.md, in its order.
REASONS = {
    "duplicate_row": "doublon d’une ligne plus récente",
    "unknown_measure": "mesure inconnue",
    "measure_outside_indicator": "mesure hors de l’indicateur",
    "measured_from_monthly_states": "compté par les états mensuels",
    "measured_from_contracts": "compté par les contrats",
    "invalid_dates": "dates invalides",
    "outside_coverage": "hors du champ",
    "never_present_on_a_last_day": "jamais présent un dernier jour de mois",
    "state_not_accepted": "état mensuel non retenu",
    "invalid_month": "mois invalide",
    "outside_period": "hors de la période",
    "unknown_annex": "annexe financière inconnue",
    "annex_state_not_accepted": "annexe financière non retenue",
    "under_one_hour": "moins d’une heure dans le mois",
    "invalid_siret": "SIRET invalide",
    "employer_not_a_geiq": "employeur qui n’est pas un GEIQ",
    "total_row": "ligne de total",
    "invalid_count": "nombre d’entrées invalide",
}


def french_number(number: int) -> str:
    """Write 142900 as « 142 900 », with a no-break space."""
    return f"{number:,}".replace(",", "\u00a0")


def french_date(day: date | None) -> str:
    """Write a day as « 4 octobre 2022 », with the ordinal of the first of the month."""
    if day is None:
        return "–"
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number}\u00a0{MONTHS[day.month - 1]}\u00a0{day.year}"


def french_month(month: date | None) -> str:
    """Write the first day of a month as « octobre 2022 »."""
    return "–" if month is None else f"{MONTHS[month.month - 1]}\u00a0{month.year}"
