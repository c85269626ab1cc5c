"""The reference the project's speed and cells are held against: one sample to cells, by hand.

Reads the files of ``iae sample`` and computes stock, flows, people of a year, structures and
declarations with DuckDB as an expert would who needs them once: no warehouse, no layers, no
history, no audit. The rules are those of the definition (``direct.sql``); nothing is shared with
the project's models but the seeds, so equal cells are evidence that both are right.

Usage: ``python -m bench.direct DROP FOLDER``
"""

import contextlib
import csv
import gzip
import io
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import unicodedata
import zipfile
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, cast

import duckdb
from python_calamine import CalamineWorkbook

HERE = Path(__file__).parent
FLUX_COLUMNS = {
    "Structure": (
        "structure_id_siae structure_adresse_admin_cp structure_adresse_admin_code_insee "
        "structure_adresse_gestion_cp structure_adresse_gestion_code_insee "
        "structure_date_modification"
    ),
    "AnnexeFinanciere": (
        "af_id_annexe_financiere af_id_structure af_mesure_dispositif_code "
        "af_numero_annexe_financiere af_numero_avenant_renouvellement "
        "af_numero_avenant_modification af_etat_annexe_financiere_code af_date_debut_effet "
        "af_date_fin_effet"
    ),
    "ContratMission": (
        "contrat_id_ctr contrat_id_pph contrat_id_structure contrat_mesure_disp_code "
        "contrat_date_embauche contrat_date_fin_contrat contrat_date_sortie_definitive "
        "contrat_date_modification"
    ),
    "EtatMensuelIndiv": (
        "emi_dsm_id emi_pph_id emi_afi_id emi_ctr_id emi_sme_mois emi_sme_annee "
        "emi_esm_etat_code emi_nb_heures_travail emi_date_modification"
    ),
    "Salarie": "salarie_id salarie_nir salarie_date_modification",
}
CONTRACT_COLUMNS = {
    "contrats_pro": (
        "num_contrat num_avenant siret_employeur code_commune_insee code_postal date_debut "
        "date_fin nir"
    ),
    "contrats_aides": (
        "num_convention num_avenant siret_employeur code_departement code_postal "
        "date_embauche date_fin_prevue date_rupture nir"
    ),
}
SEEDS = [
    "departments",
    "postcode_departments",
    "department_code_aliases",
    "department_label_aliases",
    "asp_measures",
    "structure_types",
    "composite_scopes",
]
TABLES = [
    "fct_stock_by_structure_type",
    "fct_flows_by_structure_type",
    "fct_people_by_year",
    "fct_structures_by_structure_type",
    "fct_declarations",
]
MONTH_NAMES = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
ABSENT = "\x01"  # what no field holds: a NULL is then a missing column, never an empty field


# --- containers ---------------------------------------------------------------------------------


def kind(path: Path) -> str:
    """Say what a file is by its first bytes: ``gzip``, ``zip`` or ``plain``."""
    with path.open("rb") as stream:
        return {b"\x1f\x8b": "gzip", b"PK": "zip"}.get(stream.read(2), "plain")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open the one file that a plain, gzipped or zipped file holds, as bytes."""
    container = kind(path)
    if container == "zip":
        with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as stream:
            yield stream
    else:
        with gzip.open(path) if container == "gzip" else path.open("rb") as stream:
            yield cast(IO[bytes], stream)


def decoded(content: bytes) -> str:
    """Decode a text that is UTF-8 or else Windows-1252."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def flux_files(drop: Path) -> dict[str, Path]:
    """Find the file of each FluxIAE table."""
    folder = drop / "asp_fluxiae"
    return {table: next(folder.glob(f"fluxIAE_{table}_*")) for table in FLUX_COLUMNS}


# --- the five tables of the ASP -----------------------------------------------------------------


@dataclass(frozen=True)
class FluxRows:
    """A FluxIAE file as DuckDB can read it: a relation over the file or pipe of its name.

    ``places`` are those of the wanted columns, of ``width`` columns in all.
    """

    relation: str
    name: str
    places: dict[str, int]
    width: int
    date: date | None


@contextlib.contextmanager
def flux_rows(table: str, path: Path) -> Iterator[FluxRows]:
    """Give the rows of a FluxIAE file, a line each; a column more holds what is too many."""
    with opened(path) as stream:
        top = [stream.readline().decode("utf-8-sig").strip("\r\n") for _ in range(2)]
    envelope = re.match(r"DEB[A-Za-z]+(\d{8})_", top[0])
    columns = [name.strip().lower() for name in top[bool(envelope)].split("|")]
    typed = ", ".join(f"'c{place}': 'varchar'" for place in range(len(columns) + 1))
    packed = kind(path)
    relation = f"""
        read_csv(
            $name,
            compression = '{"gzip" if packed == "gzip" else "none"}',
            auto_detect = false, header = false, skip = {2 if envelope else 1},
            delim = '|', quote = '', escape = '', nullstr = '{ABSENT}', columns = {{{typed}}},
            null_padding = true, strict_mode = false, ignore_errors = true
        )
    """
    places = {name: columns.index(name) for name in FLUX_COLUMNS[table].split()}
    day = datetime.strptime(envelope[1], "%d%m%Y").date() if envelope else None
    with piped(path) if packed == "zip" else contextlib.nullcontext(str(path)) as name:
        yield FluxRows(relation, name, places, len(columns), day)


def read_flux(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> date | None:
    """Read one FluxIAE table into the temporary table of its name; return the date of its DEB row.

    A record broken over lines arrives as rows without their last columns: they are put together
    again in place, so that ``rowid`` keeps the order of the file.
    """
    with flux_rows(table, path) as rows:
        kept = ", ".join(f"nullif(trim(c{at}), '') as {name}" for name, at in rows.places.items())
        fields = ", ".join(f"c{place}" for place in range(rows.width))
        con.execute(
            f"""
            create temp table {table} as
            select
                {kept},
                case
                    when c{rows.width - 1} is null or starts_with(c0, 'FIN') then [{fields}]
                end as fragment,
            from {rows.relation}
            where c{rows.width} is null
            """,
            {"name": rows.name},
        )
    mend(con, table, rows.places, rows.width)
    return rows.date


def mend(con: duckdb.DuckDBPyConnection, table: str, places: dict[str, int], width: int) -> None:
    """Drop the FIN row and put the records broken over lines together again, in place."""
    short = {
        row: [field for field in fields if field is not None]
        for row, fields in con.execute(
            f"select rowid, fragment from {table} where fragment is not null order by rowid"
        ).fetchall()
    }
    end = con.execute(f"select max(rowid) from {table}").fetchone()
    drop: list[int] = []
    if end and end[0] in short:
        first, *rest = short[end[0]]
        if re.fullmatch(r"FIN\d+", first) and not any(rest):
            drop.append(end[0])
            del short[end[0]]
    short = {row: fields for row, fields in short.items() if len(fields) < width}
    mended: dict[int, list[str]] = {}
    tails: dict[int, str] = {}
    done = -1
    for row, fields in short.items():
        if row <= done:
            continue
        record, at = list(fields), row
        while len(record) < width and at + 1 in short:
            at += 1
            following = short[at]
            record = [*record[:-1], f"{record[-1]}\n{following[0]}", *following[1:]]
        if len(record) == width:
            mended[row] = record
            drop += range(row + 1, at + 1)
            done = at
        else:
            drop.append(row)
            if len(fields) == 1 and row > 0:
                tails[row - 1] = tails.get(row - 1, "") + "\n" + fields[0]
    values = [[record[at].strip() or None for record in mended.values()] for at in places.values()]
    sets = ", ".join(f"{name} = mended.{name}" for name in places)
    lists = ", ".join(f"unnest(?::varchar[]) as {name}" for name in places)
    con.execute(
        f"""
        update {table} set {sets}
        from (select unnest(?::bigint[]) as line, {lists}) as mended
        where {table}.rowid = mended.line
        """,
        [list(mended), *values],
    )
    for name in [name for name, place in places.items() if place == width - 1]:
        con.execute(
            f"""
            update {table} set {name} = trim(concat({name}, tails.tail))
            from (select unnest(?::bigint[]) as line, unnest(?::varchar[]) as tail) as tails
            where {table}.rowid = tails.line
            """,
            [list(tails), list(tails.values())],
        )
    con.execute(f"delete from {table} where rowid in (select unnest(?))", [drop])


@contextlib.contextmanager
def piped(path: Path, as_utf8: bool = False) -> Iterator[str]:
    """Give DuckDB the member of a zip as a pipe: inflated while it is parsed, never on disk."""
    end, start = os.pipe()

    def feed() -> None:
        with (
            contextlib.suppress(BrokenPipeError),
            os.fdopen(start, "wb") as pipe,
            opened(path) as stream,
        ):
            if as_utf8:
                pipe.write(decoded(stream.read()).encode())
            else:
                shutil.copyfileobj(stream, pipe, 1 << 20)

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        yield f"/dev/fd/{end}"
    finally:
        os.close(end)
        feeder.join()


# --- the four other sources ---------------------------------------------------------------------


def dated(folder: Path) -> tuple[Path, date]:
    """Find the one file in a folder, and the date in its name."""
    [path] = folder.iterdir()
    return path, datetime.strptime(path.name.split(".")[0][-8:], "%Y%m%d").date()


def read_delimited(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Read a file of contracts, UTF-8 or Windows-1252, into a table of its trimmed columns."""
    with piped(path, as_utf8=True) as name:
        trimmed = ", ".join(
            f"nullif(trim({n}), '') as {n}" for n in CONTRACT_COLUMNS[table].split()
        )
        con.execute(
            f"""
            create temp table {table} as
            select {trimmed}
            from read_csv(
                $name, delim = ';', quote = '"', escape = '"', header = true, all_varchar = true,
                normalize_names = true, ignore_errors = true, auto_detect = true
            )
            """,
            {"name": name},
        )


def as_text(cell: Any) -> str:
    """Write a cell of a workbook as a person reads it: 12.0 is 12."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def rows_of(path: Path) -> list[list[Any]]:
    """Read the first sheet of a workbook, or a delimited text."""
    if path.suffix == ".xlsx":
        return (
            CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        )
    text = io.StringIO(decoded(path.read_bytes()), newline="")
    return list(csv.reader(text, delimiter=";"))


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows in one statement: a list for each column."""
    lists = ", ".join("unnest(?)" for _ in rows[0])
    con.execute(
        f"insert into {table} select {lists}", [[*column] for column in zip(*rows, strict=True)]
    )


def read_geiq(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Read the GEIQ list of every year."""
    listed = []
    for path in folder.iterdir():
        header, *rows = rows_of(path)
        names = [as_text(name).lower() for name in header]
        siret, postcode = names.index("siret"), names.index("code postal")
        year = int(path.stem.removeprefix("geiq_"))
        for line, row in enumerate(rows):
            listed.append((year, as_text(row[siret]), as_text(row[postcode]), line))
    con.execute("create temp table geiq (year int, siret varchar, code_postal varchar, line int)")
    insert(con, "geiq", listed)


def plain(label: str) -> str:
    """Reduce a label to what two spellings of one place share."""
    letters = unicodedata.normalize("NFKD", label.replace("œ", "oe").replace("Œ", "OE"))
    bare = "".join(c for c in letters if not unicodedata.combining(c)).upper()
    words = re.sub("[^A-Z0-9]+", " ", bare).split()
    for articles in (("DES", "DU", "DE", "D"), ("LE", "LA", "LES", "L")):
        if len(words) > 1 and words[0] in articles:
            words = words[1:]
    return " ".join({"ST": "SAINT", "STE": "SAINTE"}.get(word, word) for word in words)


def places_of(con: duckdb.DuckDBPyConnection, labels: set[str]) -> dict[str, str]:
    """Find the department that each label or code names; those that name none are left out."""
    codes = dict(con.execute("from department_codes").fetchall())
    names = {
        plain(name): code
        for name, code in con.execute(
            "select department_name, department_code from departments "
            "union all select alias_label, department_code from department_label_aliases"
        ).fetchall()
    }
    found = {}
    for label in labels:
        text = label.strip().upper()
        whole = codes.get(text) or names.get(plain(label))
        if not whole:
            both = re.fullmatch(r"\(?([0-9A-Z-]+?)\)?[\s:–—-]+(.+)", text)
            swapped = re.fullmatch(r"(.+?)[\s:–—-]*\(?\b([0-9A-Z-]+)\)?", text)
            pairs = [(m[1], m[2]) for m in [both] if m] + [(m[2], m[1]) for m in [swapped] if m]
            whole = next(
                (codes[c] for c, n in pairs if c in codes and codes[c] == names.get(plain(n))), None
            )
        if whole:
            found[label] = whole
    return found


def month_of(cell: Any) -> int | None:
    """Read a month in one of the forms that people type, as a number: 0 is January 2017."""
    if isinstance(cell, date):
        return 12 * (cell.year - 2017) + cell.month - 1
    text = plain(str(cell))
    year, month = None, None
    if found := re.fullmatch(r"(\d{4}) (\d{2})", text):
        year, month = int(found[1]), int(found[2])
    elif found := re.fullmatch(r"(\d{2}) (\d{4})", text):
        year, month = int(found[2]), int(found[1])
    elif found := re.fullmatch(r"([A-Z]+) (\d{4}|\d{2})", text):
        year = int(found[2]) + (2000 if len(found[2]) == 2 else 0)
        month = next(
            (i for i, name in enumerate(MONTH_NAMES, 1) if found[1].lower().startswith(name)), None
        )
    return 12 * (year - 2017) + month - 1 if year and month and 1 <= month <= 12 else None


def read_iti(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Read the entries into the ITI programme: month, department, number."""
    con.execute("create temp table iti (month int, department_code varchar, entries bigint)")
    rows = rows_of(path)
    wanted = ["MOIS", "REGION", "DEPARTEMENT", "RESEAU", "ENTREES"]
    top = next(i for i, row in enumerate(rows) if set(wanted) <= {plain(str(c)) for c in row})
    header = [plain(str(cell)) for cell in rows[top]]
    at = [header.index(name) for name in wanted]
    entries, month_cell = [], ""
    for row in rows[top + 1 :]:
        month, region, department, network, number = (row[i] for i in at)
        if as_text(department) == "" and as_text(number) == "":
            continue
        cells = (month, region, department, network)
        if any(as_text(cell).lower().startswith("total") for cell in cells):
            continue
        month_cell = month if as_text(month) else month_cell
        count = re.sub(r"\s", "", as_text(number))
        if (when := month_of(month_cell)) and re.fullmatch(r"[0-9]+", count):
            entries.append((when, as_text(department), int(count)))
    places = places_of(con, {department for _, department, _ in entries})
    insert(con, "iti", [(m, places.get(d, "NL"), n) for m, d, n in entries])


# --- the whole ----------------------------------------------------------------------------------


def last_covered(extract: date) -> int:
    """Number the last month that is over at an extract's date (its last day counts as over)."""
    is_over = extract.day == monthrange(extract.year, extract.month)[1]
    return 12 * (extract.year - 2017) + extract.month - 1 - (not is_over)


@contextlib.contextmanager
def compute(drop: Path, memory: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Compute the views ``TABLES`` of one drop; give the connection that holds them.

    What ``memory`` does not hold is spilled to a temporary folder.
    """
    with tempfile.TemporaryDirectory() as workspace, duckdb.connect() as con:
        con.execute(
            f"set memory_limit = '{memory}'; set threads = {threads}; "
            f"set temp_directory = '{workspace}'"
        )
        for seed in SEEDS:
            path = HERE.parents[1] / "seeds" / f"{seed}.csv"
            con.execute(f"create temp table {seed} as from read_csv('{path}', all_varchar = true)")
        dates = [read_flux(con, table, path) for table, path in flux_files(drop).items()]
        pro, aides, iti = (
            dated(drop / source) for source in ("extrapro", "asp_contrats_aides", "bpifrance_iti")
        )
        read_delimited(con, "contrats_pro", pro[0])
        read_delimited(con, "contrats_aides", aides[0])
        read_geiq(con, drop / "geiq")
        for name, day in (
            ("asp", max(filter(None, dates))),
            ("geiq", min(pro[1], aides[1])),
            ("iti", iti[1]),
        ):
            con.execute(f"set variable {name}_last_month = $month", {"month": last_covered(day)})
        script = (HERE / "direct.sql").read_text("utf-8")
        readings, rules = re.split("-- == Covered months.*", script)
        con.execute(readings)
        read_iti(con, iti[0])
        con.execute(rules)
        yield con


def main() -> None:
    """Write the cells of a drop to Parquet files and say how long it took."""
    drop, folder = map(Path, sys.argv[1:])
    folder.mkdir(exist_ok=True)
    start = time.perf_counter()
    with compute(drop, "12GB", os.cpu_count() or 2) as con:
        for table in TABLES:
            con.execute(f"copy {table} to '{folder / table}.parquet'")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
