"""French names, numbers and dates."""

from datetime import date

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip

SOURCE_NAMES = {
    "asp_fluxiae": "Agence de services et de paiement (ASP), extranet IAE",
    "asp_contrats_aides": "Agence de services et de paiement (ASP), contrats aidés",
    "extrapro": "DGEFP, Extrapro (contrats de professionnalisation)",
    "geiq": "Liste annuelle des GEIQ",
    "bpifrance_iti": "BPI France, insertion par le travail indépendant",
    "barometre": "Baromètre des résultats de l’action publique (DITP, Etalab)",
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


def typographic(text: str) -> str:
    """Write the apostrophe that French readers expect."""
    return text.replace("'", "’")


def french_list(words: list[str]) -> str:
    """Write several words as « ACI, AI et EI »."""
    return " et ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def french_people(number: int) -> str:
    """Write 1 as « 1 personne », 2 as « 2 personnes »; in French, 0 takes the singular."""
    return f"{french_number(number)}\u00a0{'personne' if abs(number) < 2 else 'personnes'}"


def signed_number(number: int) -> str:
    """Write 18710 as « +18 710 », -3 as « −3 »."""
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return f"{sign}{french_number(abs(number))}"


def signed_percent(percent: float) -> str:
    """Write -35.78 as « −35,8 % »."""
    sign = "+" if percent > 0 else "−" if percent < 0 else ""
    return f"{sign}{abs(percent):.1f}\u00a0%".replace(".", ",")
