"""Small random drops, written as the sources write them, and full of what real files are full of.

Every value is drawn among common and odd ones; ids are few, so that rows meet, repeat and tie.
"""

from __future__ import annotations

import gzip
import random
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from loading import ITI_HEADER, put, workbook, zipped
from oracle import Drop, Entry, Extract, Row, moment

T = TypeVar("T")

# What no rule reads, by table.
OTHER_COLUMNS = {
    "Structure": "structure_siret_signature structure_siret_actualise structure_denomination"
    " structure_code_naf structure_adresse_admin_commune structure_adresse_gestion_commune"
    " structure_date_creation structure_telephone",
    "AnnexeFinanciere": "af_etp_postes_insertion",
    "ContratMission": "contrat_type_contrat contrat_date_creation contrat_commentaire",
    "EtatMensuelIndiv": "emi_sme_version emi_part_etp emi_date_creation emi_commentaire",
    "Salarie": "salarie_nom_usage",
    "contrats_pro": "TYPE_CONTRAT RAISON_SOCIALE CODE_NAF IDCC LIBELLE_COMMUNE"
    " DATE_ENREGISTREMENT OPCO",
    "contrats_aides": "type_contrat",
}
FREE_TEXT = ["", "", "x", '5" pouces', 'La "Ferme"', "l'été"]


words = str.split


def quoted(value: str) -> str:
    """A field of a delimited file, with quotes around it where it has some."""
    return '"' + value.replace('"', '""') + '"' if '"' in value else value


BLANK = ["", " "]
NOT_DATES = words("""31/02/2021 1/2/2020 01/02/20 2021-03-01 29/02/2021 01/13/2020 n.c. 20200101
    2020/01/02 01-02-2020 01/02/2020T10:00:00""")
NOT_DATES += ["01/01/2020 24:00:00", "01/02/2020 10:00", "01/02/2020 1:02:03", "01/ 2/2020"]
MODIFIED = ["", "01/01/2020", "01/01/2020 00:00:00", "01/01/2020 10:00:00", "31/12/2019 23:59:59"]
COMMUNES = words("01004 1004 2A004 2B033 33063 75056 69123 97105 97411 59350 97611") + [""] * 10
ODD_COMMUNES = words("""2a004 20004 97133 97611 97801 99132 XX123 97502 98735 00123 6AE00 750561
    975 98801 010A1 2AB04""")
ODD_COMMUNES += ["13055 ", "01 04"]
POSTCODES = words("01000 1000 75001 20000 2000 33000 69001 97410 59000") + [""] * 5
ODD_POSTCODES = words("""20100 20200 20600 20300 20999 97133 97150 97701 97801 97899 97600 97500
    98000 98735 99999 00100 75992 F-75 750011 7500A 98800 96000""")
ODD_POSTCODES += [" 75001 ", "75 01"]
DEPARTMENTS = words("059 02A 971 1 075") + [""] * 3
ODD_DEPARTMENTS = words("""20A 20 6AE 98 99 999 00 D75 FR-75 FR-75C 69D 69M 59L 02B 20B D2A FR-971
    d75 976 987 0 000 FR- D 001 0971 FR-01 D1 2a DFR-75 020""")
ODD_DEPARTMENTS += ["Département 59", "dept 59", "Dép. 2A", "DÉPARTEMENT 1", "dept 20", "D 75"]
ANNEXES = words("ACI054180019 EI971200001 AI075190001 ETTI001191234 ETTI02A190001")
ODD_ANNEXES = words("""ETTI59L181001 AI59V190003 AI20A190001 AI020190001 EI6AE180001 AI976200001
    XYZ aci054180019 AI2A190001 AI69D190001 AI098200001 054180019 EITI2B0190001 AI001
    FDI975200001""")
MEASURES_OF_CONTRACTS = words("ACI_DC ACI_MP EI_DC EI_MP EITI_DC")
MEASURES = [*MEASURES_OF_CONTRACTS, *words("AI_DC AI_DC ETTI_DC ETTI_DC")]
ODD_MEASURES = ["FDI_DC", "ACIPA_DC", "EIPA_DC", "ZZZ_DC", "", "aci_dc", "ACI", " AI_DC "]
AMENDMENTS = ["0", "1", "2", ""]
ODD_AMENDMENTS = ["x", "10", "9", "-1", "1.5", "1e3", "2.0", "+1", "99999999999999999999"]
HOURS = words("0 0.1 0.25 0.5 0.5 0.5 0.50 0.75 0.99 1 120")
ODD_HOURS = ["", *words("1e3 -2 -.5 -1.25 .5 5. --1 0.5.5 0,5"), " 1 "]
ODD_HOURS += [*words("abc +1 Infinity 1_0"), "1 0", "."]
ODD_MONTHS = ["13", "x", "", "0", "00008", "1.0", "-1", "1 2", "9" * 20, "+1", " 8", "٣", "1e1"]
ODD_YEARS = ["2016", "x", "", "02020", "20 20", "9999", "9" * 20, "-2020", "2020.0", "4294967296"]
SIRETS = words("12345678900011 23456789000122 01234567800013 00123456700014 99999999900015")
ODD_SIRETS = ["4,12341E+13", "", "1234567890001", "123456789", "12345678900011X", "123456789000111"]
PLACES = [("Ain", "01"), ("Loire", "42"), ("Haute-Loire", "43"), ("La Réunion", "974")]
PLACES += [("75", "75"), ("2A", "2A"), ("Nord", "59"), ("Côtes-d'Armor", "22")]
ODD_PLACES = [("Ville de Paris", "75"), ("Guyane française", "973"), ("Métropole de Lyon", "69")]
ODD_PLACES += [("des Côtes d'Armor", "22"), ("01 - Ain", "01"), ("42 - Haute-Loire", "NL")]
ODD_PLACES += [("Corse", "NL"), ("Alsace", "NL"), ("Étranger", "NL"), ("TOM", "NL"), ("Loir", "NL")]
ODD_PLACES += [("Mayotte", "976"), ("GUADELOUPE", "971"), ("Les Landes", "40"), ("L'Ain", "01")]
ODD_PLACES += [("St Pierre et Miquelon", "975"), ("Seine St Denis", "93"), ("20", "NL")]
MONTHS = words("""janvier février mars avril mai juin juillet août septembre octobre novembre
    décembre""")
SHORT_MONTHS = words("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.")
TOTALS = ["Total", "TOTAL GÉNÉRAL", "total Bretagne", "Sous-total", "SOUS TOTAL Ain", "Ensemble"]
TOTALS += ["ensemble des réseaux", "Sous-Total région"]
ENTRIES = [(5, 5), (12, 12), ("1 234", 1234)]
ODD_ENTRIES = [(None, None), ("n.d.", None), (-3, None), (2.5, None), ("1\u00a0234", 1234)]
NOT_MONTHS = ["n.c.", "2021", "13/2021", "trimestre 1"]


class Writer:
    """Draws a drop, and writes it: the same seed gives the same drop."""

    def __init__(self, seed: int, nb_rows: int) -> None:
        self.random = random.Random(seed)
        self.nb_rows = nb_rows
        self.oddity = self.random.choice([0.02, 0.1, 0.3])
        self.today = self.day(2020, 2023)
        self.nirs = [self.nir() for _ in range(nb_rows // 6)]

    def pick(self, common: Sequence[T], odd: Sequence[T] = ()) -> T:
        return self.random.choice(odd if odd and self.random.random() < self.oddity else common)

    def code(self, common: Sequence[str], odd: Sequence[str]) -> str:
        """A code, as it is or as a spreadsheet has left it."""
        code = self.pick(common, odd)
        forms = ["'{}", '="{}"', "{}.0", "{},0", "'{}.0", '="{}.0"', "\u00a0{}\u2009", "{}\u200b"]
        spread = " ".join([code[:2], code[2:]])
        typed = self.pick([code], [form.format(code) for form in forms] + [spread])
        return typed if code else ""

    def twins(self, rows: list[Row], draw: Callable[[], Row], *columns: str) -> list[Row]:
        """The rows, and a few of them again, elsewhere, with one or two columns that differ."""
        twins = list(rows)
        for row in self.random.sample(rows, len(rows) // 8):
            changed = self.random.sample(columns, self.pick([1, 1, 2]))
            other = draw()
            twin = {**row, **{name: other[name] for name in changed}}
            twins.insert(self.random.randint(0, len(twins)), twin)
        return twins

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def day(self, first_year: int, last_year: int) -> date:
        """A day, often the first, the last or the last but one of its month."""
        year, month = self.random.randint(first_year, last_year), self.random.randint(1, 12)
        last = monthrange(year, month)[1]
        return date(year, month, self.pick([1, last, last - 1, self.random.randint(1, last)]))

    def text_of(self, day: date) -> str:
        return f"{day:%d/%m/%Y}" + self.pick([""] * 9 + [" 00:00:00", " 23:59:59"])

    def any_date(self, empty: float) -> str:
        if self.chance(empty):
            return self.pick(BLANK)
        return self.pick([self.text_of(self.day(2018, 2024))], NOT_DATES)

    def period(self) -> tuple[str, str]:
        """Start and end, often of a few days."""
        if self.chance(0.6):
            return self.any_date(0.05), self.any_date(0.3)
        start = self.day(2019, 2023)
        end = start + timedelta(days=self.pick([-1, 0, 0, 1, 5, 27, 30, 31, 60, 365]))
        return self.text_of(start), self.text_of(end)

    def nir(self) -> str:
        """A usable NIR, with or without its two-digit key."""
        place = self.pick(["33", "2A", "2B", "99", "75"]) + self.pick(["063001", "123456"])
        return (
            self.pick("12", "347890") + self.pick(["8501", "9212"]) + place + self.pick(["", "97"])
        )

    def nir_as_typed(self) -> str:
        nir = self.pick(self.nirs)
        typed = [nir.lower(), " ".join(nir), nir[:13], nir[:13] + "4 2", f" {nir} "]
        odd = ["", "1" * 13, "1" * 15, nir[:12], nir[:13] + "1", nir[:13] + "2A", "18501C3063001"]
        odd += ["1" + "0" * 12, nir[:10] + "000", "1850133063000" + "97"]
        return self.pick([nir, nir, self.pick(typed)], [*odd, "185012A06300A", nir[:13] + "999"])

    def ids(self, count: int, odd: Sequence[str]) -> str:
        return self.pick([str(k) for k in range(1, count + 1)], [*BLANK, " 1 ", "01", *odd])

    def structure(self) -> Row:
        row = {
            "structure_id_siae": self.ids(self.nb_rows // 15, ["999"]),
            "structure_adresse_admin_cp": self.code(POSTCODES, ODD_POSTCODES),
            "structure_adresse_admin_code_insee": self.code(COMMUNES, ODD_COMMUNES),
            "structure_adresse_gestion_cp": self.code(POSTCODES, ODD_POSTCODES),
            "structure_adresse_gestion_code_insee": self.code(COMMUNES, ODD_COMMUNES),
            "structure_date_modification": self.pick(MODIFIED, NOT_DATES),
        }
        # Some have no address: their annexes alone locate them.
        return (
            {name: "" if "adresse" in name else row[name] for name in row}
            if self.chance(0.2)
            else row
        )

    def annex(self) -> Row:
        states = ["VALIDE", "PROVISOIRE", "CLOTURE"]
        return {
            "af_id_annexe_financiere": self.ids(self.nb_rows // 8, ["007"]),
            "af_id_structure": self.ids(self.nb_rows // 12, ["777"]),
            "af_mesure_dispositif_code": self.pick(MEASURES, ODD_MEASURES),
            "af_numero_annexe_financiere": self.code(ANNEXES, ODD_ANNEXES),
            "af_numero_avenant_renouvellement": self.pick(AMENDMENTS, ODD_AMENDMENTS),
            "af_numero_avenant_modification": self.pick(AMENDMENTS, ODD_AMENDMENTS),
            "af_etat_annexe_financiere_code": self.pick(states, ["SAISI", "", "valide", "VALIDE "]),
            "af_date_debut_effet": self.pick([*MODIFIED, self.any_date(0)], NOT_DATES),
            "af_date_fin_effet": self.any_date(0.4),
        }

    def contract(self) -> Row:
        start, end = self.period()
        return {
            "contrat_id_ctr": self.ids(self.nb_rows, ["A"]),
            "contrat_id_pph": self.ids(self.nb_rows // 3, ["P9"]),
            "contrat_id_structure": self.ids(self.nb_rows // 12, ["888"]),
            "contrat_mesure_disp_code": self.pick(
                [*MEASURES_OF_CONTRACTS, "AI_DC", *MEASURES_OF_CONTRACTS], ODD_MEASURES
            ),
            "contrat_date_embauche": start,
            "contrat_date_fin_contrat": end,
            "contrat_date_sortie_definitive": self.any_date(0.8),
            "contrat_date_modification": self.pick(MODIFIED, NOT_DATES),
        }

    def state(self) -> Row:
        day = self.today - timedelta(days=self.pick([0, 31, 31, 31, 62]))
        return {
            "emi_dsm_id": self.ids(4 * self.nb_rows, ["z"]),
            "emi_pph_id": self.ids(self.nb_rows // 5, ["P9"]),
            "emi_afi_id": self.ids(self.nb_rows // 8, ["x1", "007"]),
            "emi_ctr_id": self.ids(self.nb_rows, ["A", "5555"]),
            "emi_sme_mois": self.pick([str(day.month), f"{day:%m}"], ODD_MONTHS),
            "emi_sme_annee": self.pick([str(day.year)], ODD_YEARS),
            "emi_esm_etat_code": self.pick(
                ["VALIDE", "SAISI", "DEBLOQUE"], ["BROUILLON", "", "valide", " VALIDE"]
            ),
            "emi_nb_heures_travail": self.pick(HOURS, ODD_HOURS),
            "emi_date_modification": self.pick(MODIFIED, NOT_DATES),
        }

    def hours_shared(self, states: list[Row]) -> list[Row]:
        """The states, and others of the same persons and months: an hour can be in several rows."""
        shares = ["0.1", "0.3", ".4", "0.70", "0.333333333", "-.5", "-1", "0"]
        others = [
            {
                **state,
                "emi_dsm_id": f"h{rank}",
                "emi_nb_heures_travail": self.pick(shares),
                # The same annex or another one, of the same structure or not.
                "emi_afi_id": self.pick([state["emi_afi_id"], self.state()["emi_afi_id"]]),
            }
            for rank, state in enumerate(self.random.choices(states, k=len(states) // 4))
        ]
        return states + others

    def earlier(self, day: date) -> date:
        """A day so long before that who was there then comes back, or is known no more."""
        return day - timedelta(days=self.pick([62, 93, 186, 340, 365, 396, 430]))

    def contracts_before(self, contracts: list[Row]) -> list[Row]:
        """The contracts, and others of the same persons and structures, long before some."""
        others = []
        for rank, contract in enumerate(self.random.choices(contracts, k=len(contracts) // 2)):
            if start := moment(contract["contrat_date_embauche"]):
                day = self.earlier(start.date())
                others.append(
                    {
                        **contract,
                        "contrat_id_ctr": f"b{rank}",
                        "contrat_date_embauche": f"{day:%d/%m/%Y}",
                        "contrat_date_fin_contrat": f"{day + timedelta(days=31):%d/%m/%Y}",
                        "contrat_date_sortie_definitive": "",
                    }
                )
        return contracts + others

    def states_before(self, states: list[Row]) -> list[Row]:
        """The states, and others of the same persons and annexes, long before some."""
        others = []
        for rank, state in enumerate(self.random.choices(states, k=len(states) // 4)):
            day = self.earlier(self.today)
            others.append(
                {
                    **state,
                    "emi_dsm_id": f"b{rank}",
                    "emi_sme_mois": str(day.month),
                    "emi_sme_annee": str(day.year),
                }
            )
        return states + others

    def employee(self) -> Row:
        return {
            "salarie_id": self.ids(self.nb_rows // 3, ["P9"]),
            "salarie_date_modification": self.pick(MODIFIED, NOT_DATES),
            "salarie_nir": self.nir_as_typed(),
        }

    def contrat_pro(self) -> Row:
        start, end = self.period()
        return {
            "NUM_CONTRAT": self.ids(2 * self.nb_rows, []),
            "NUM_AVENANT": self.pick(AMENDMENTS, ODD_AMENDMENTS),
            "SIRET_EMPLOYEUR": self.siret(),
            "CODE_COMMUNE_INSEE": self.code(COMMUNES, ODD_COMMUNES),
            "CODE_POSTAL": self.code(POSTCODES, ODD_POSTCODES),
            "DATE_DEBUT": start,
            "DATE_FIN": end,
            "NIR": self.nir_as_typed(),
        }

    def contrat_aide(self) -> Row:
        start, end = self.period()
        return {
            "num_convention": self.ids(2 * self.nb_rows, []),
            "num_avenant": self.pick(AMENDMENTS, ODD_AMENDMENTS),
            "siret_employeur": self.siret(),
            "code_departement": self.code(DEPARTMENTS, ODD_DEPARTMENTS),
            "code_postal": self.code(POSTCODES, ODD_POSTCODES),
            "date_embauche": start,
            "date_fin_prevue": end,
            "date_rupture": self.any_date(0.8),
            "nir": self.nir_as_typed(),
        }

    def geiq(self) -> Row:
        siret, code = self.pick([self.siret()] * 5 + [""]), self.code(POSTCODES, ODD_POSTCODES)
        return {"Nom": "GEIQ", "Rue": "", "Code Postal": code, "Ville": "", "SIRET": siret}

    def list_of_geiq(self) -> list[Row]:
        """A list that may be loaded: at least half of the filled SIRETs are usable."""
        while True:
            rows = [self.geiq() for _ in range(self.random.randint(3, 6))]
            digits = ["".join(row["SIRET"].split()) for row in rows if row["SIRET"]]
            nb_usable = sum(text.isdigit() and 12 <= len(text) <= 14 for text in digits)
            if 2 * nb_usable >= len(digits):
                return rows

    def siret(self) -> str:
        siret = self.pick(SIRETS)
        spaced = f"{siret[:3]} {siret[3:6]} {siret[6:9]}\u00a0{siret[9:]}"
        dotted = f"{siret[:3]}.{siret[3:6]}.{siret[6:9]}.{siret[9:]}"
        return self.code([siret, siret, siret.lstrip("0"), spaced, dotted], ODD_SIRETS)

    def month_as_typed(self, month: date) -> object:
        """A date of Excel, or one of the spellings of a month."""
        short, full = SHORT_MONTHS[month.month - 1], MONTHS[month.month - 1]
        texts = [f"{month:%Y-%m}", f"{month:%m/%Y}", f"{short}-{month:%y}", f"{full} {month.year}"]
        return self.pick([month, *texts])

    def write_text(self, path: Path, text: str, encoding: str) -> None:
        """As is, gzipped or zipped, whatever the name says."""
        # Windows-1252 has no thin or zero-width space: there, a code goes without.
        content = text.encode(encoding, "ignore")
        container = self.pick(["none", "gzip", "zip"])
        if container == "gzip":
            content = gzip.compress(content)
        elif container == "zip":
            content = zipped({"table.csv": content})
        put(path.parent, path.name, content)

    def lines(self, table: str, rows: list[Row], separator: str) -> list[str]:
        """Header and records, the columns in any order among others."""
        columns = [*rows[0], *OTHER_COLUMNS.get(table, "").split()]
        self.random.shuffle(columns)
        texts = FREE_TEXT if separator == "|" else ["", "x"]
        records = [[row.get(name, self.pick(texts)) for name in columns] for row in rows]
        if separator == ";":
            records = [[quoted(value) for value in record] for record in records]
        return [separator.join(record) for record in [columns, *records]]

    def write_fluxiae(self, folder: Path) -> Extract:
        """The five tables, in files dated with their DEB row or not."""
        rows = {
            "Structure": self.twins(
                [self.structure() for _ in range(self.nb_rows // 6)],
                self.structure,
                *("structure_adresse_admin_code_insee", "structure_date_modification"),
            ),
            "AnnexeFinanciere": self.twins(
                [self.annex() for _ in range(self.nb_rows // 5)],
                self.annex,
                *("af_id_structure", "af_mesure_dispositif_code", "af_date_debut_effet"),
                *("af_etat_annexe_financiere_code", "af_numero_annexe_financiere"),
            ),
            "ContratMission": self.twins(
                self.contracts_before([self.contract() for _ in range(self.nb_rows)]),
                self.contract,
                *("contrat_id_structure", "contrat_mesure_disp_code", "contrat_date_modification"),
            ),
            "EtatMensuelIndiv": self.hours_shared(
                self.twins(
                    self.states_before([self.state() for _ in range(2 * self.nb_rows)]),
                    self.state,
                    *("emi_afi_id", "emi_ctr_id", "emi_sme_mois", "emi_date_modification"),
                )
            ),
            "Salarie": self.twins(
                [self.employee() for _ in range(self.nb_rows // 2)],
                self.employee,
                *("salarie_nir", "salarie_date_modification"),
            ),
        }
        # The latest DEB date is the extract's; without one, the date in the file names.
        dated = self.today + timedelta(days=self.pick([0, 40, -40]))
        has_deb = dated != self.today or self.chance(0.5)
        for table in rows:
            end_of_line = self.pick(["\n", "\r\n"])
            lines = self.lines(table, rows[table], "|")
            padding = "|" * lines[0].count("|")
            if has_deb and (table == "Structure" or self.chance(0.5)):
                late = timedelta(days=0 if table == "Structure" else self.pick([0, 35]))
                lines.insert(0, f"DEB{table}{self.today - late:%d%m%Y}_063004{padding}")
            if self.chance(0.5):
                lines.append(f"FIN{len(rows[table])}{padding}")
            path = folder / f"fluxIAE_{table}_{dated:%d%m%Y}_112211.csv{self.pick(['', '.gz'])}"
            text = end_of_line.join([*lines, ""])
            self.write_text(path, text, self.pick(["utf-8", "utf-8-sig"]))
        return Extract(self.today, rows)

    def write_geiq_contracts(self, path: Path, encodings: list[str]) -> Extract:
        dated = self.today + timedelta(days=self.pick([-40, -1, 0, 40]))
        draw = self.contrat_pro if path.name == "contrats_pro" else self.contrat_aide
        rows = [draw() for _ in range(self.nb_rows)]
        text = "\r\n".join([*self.lines(path.name, rows, ";"), ""])
        named = path.with_name(f"{path.name}_{dated:%Y%m%d}.csv")
        self.write_text(named, text, self.pick(encodings))
        return Extract(dated, {path.name: rows})

    def write_lists(self, folder: Path) -> dict[int, list[Row]]:
        """Lists of some years only, as workbooks or as text."""
        lists = {}
        for year in self.random.sample(range(2019, 2024), self.pick([1, 2, 3, 4])):
            rows = lists[year] = self.list_of_geiq()
            if self.chance(0.5):
                text = "\n".join([*self.lines("listes", rows, ";"), ""])
                self.write_text(folder / f"geiq_{year}.csv", text, "utf-8")
            else:
                lines = [[*rows[0]], *([*map(self.cell, row.values())] for row in rows)]
                put(folder, f"geiq_{year}.xlsx", workbook(lines))
        return lists

    def cell(self, value: str) -> object:
        """A text, or the number that it is: not one whose leading zeros would be lost."""
        is_number = value.isdigit() and value[0] != "0" and self.chance(0.5)
        return int(value) if is_number else value

    def write_iti(self, folder: Path) -> tuple[date, list[Entry]]:
        """Months and regions in the first row of their block, totals, blank rows, a footnote."""
        dated = self.today + timedelta(days=self.pick([-40, -1, 0, 40]))
        entries: list[Entry] = []
        lines: list[list[object]] = [["Entrées en ITI"]] * self.random.randint(0, 2)
        lines.append([*ITI_HEADER])
        for _ in range(self.nb_rows // 6):
            month = self.day(2020, self.today.year).replace(day=1)
            cell = self.pick([self.month_as_typed(month)], NOT_MONTHS)
            month_read = None if cell in NOT_MONTHS else month
            # Merged cells are filled in the first row of their block only.
            for region in self.random.sample(["Bretagne", "PACA", "Centre"], 2):
                merged = [cell, region]
                for _ in range(self.random.randint(1, 3)):
                    label, department = self.pick(PLACES, ODD_PLACES)
                    typed, count = self.pick(ENTRIES, ODD_ENTRIES)
                    lines.append([*merged, label, self.pick(["ADIE", "BGE"]), typed])
                    entries.append(Entry(month_read, department, count))
                    merged, cell = [None, None], None
                if self.chance(0.3):
                    place = self.random.randint(0, 3)
                    total = self.pick(TOTALS)
                    lines += [[*[None] * place, total, *[None] * (3 - place), 999]]
                    lines += [[]] * self.random.randint(0, 1)
                    entries.append(Entry(None, "NL", None, is_total=True))
        lines += [[], ["Source : Bpifrance"]]
        put(folder, f"iti_entrees_{dated:%Y%m%d}.xlsx", workbook(lines))
        return dated, entries


def write_drop(seed: int, folder: Path, nb_rows: int = 150) -> Drop:
    """Write a drop and return what is in it; now and then a source is absent."""
    writer, drop = Writer(seed, nb_rows), Drop()
    if writer.chance(0.9):
        drop.fluxiae = writer.write_fluxiae(folder / "asp_fluxiae")
    if writer.chance(0.9):
        path = folder / "extrapro" / "contrats_pro"
        drop.geiq[path.name] = writer.write_geiq_contracts(path, ["utf-8", "utf-8-sig", "cp1252"])
    if writer.chance(0.9):
        path = folder / "asp_contrats_aides" / "contrats_aides"
        drop.geiq[path.name] = writer.write_geiq_contracts(path, ["utf-8-sig"])
    if writer.chance(0.9):
        drop.lists = writer.write_lists(folder / "geiq")
    if writer.chance(0.9):
        drop.iti = writer.write_iti(folder / "bpifrance_iti")
    return drop
