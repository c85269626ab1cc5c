"""Loading: again, older, back, refused, locked; what is shown and what is kept."""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from iae.loading.comparison import compare
from iae.loading.history import loads
from iae.loading.sources import SOURCES
from loading import (
    FLUXIAE,
    Warehouse,
    contract,
    error_of,
    extrapro,
    fluxiae_text,
    open_elsewhere,
    put,
    rows_of,
    run,
    write_fluxiae,
)
from processes import started


def extracts(warehouse: Warehouse) -> list[tuple[str, bool]]:
    return [
        (f"{date}", is_current)
        for date, is_current in warehouse.query(
            "select extract_date, is_current from raw.extracts order by extract_date, load_id"
        )
    ]


def drop_of(warehouse: Warehouse, date: str, nb_contracts: int = 3) -> Path:
    """A drop of Extrapro of a date, beside the warehouse: contracts whose number begins with it."""
    records = [contract(f"{date}-{rank}") for rank in range(nb_contracts)]
    name = f"extrapro/contrats_pro_{date}.csv"
    return put(warehouse.folder / f"drop-{date}-{nb_contracts}", name, extrapro(*records))


# What is there from the first load on


def test_every_raw_table_is_there_and_empty(warehouse: Warehouse) -> None:
    """The columns of docs/sources.md, with those of the loader."""
    warehouse.load(drop_of(warehouse, "20220301"))
    for source in SOURCES.values():
        for table in source.tables:
            raw = f"raw.{source.name}__{table.name}"
            assert warehouse.query(f"select column_name, column_type from (describe {raw})") == [
                *((name, "VARCHAR") for name in table.landed),
                ("_load_id", "INTEGER"),
                ("_extract_date", "DATE"),
                ("_file", "VARCHAR"),
                ("_line", "BIGINT"),
            ]
            [nb_rows] = warehouse.values(f"select count(*) from {raw}")
            assert nb_rows == (3 if source.name == "extrapro" else 0)
    names = warehouse.values("select column_name from duckdb_columns()")
    assert not any("nir" in name and "hash" not in name for name in names)


def test_the_date_is_the_latest_deb_date_else_that_of_the_names(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    table = FLUXIAE["structure"]
    debs = {
        "structure": fluxiae_text(table, rows_of(table, 1), deb="05022022_010101"),
        "salarie": fluxiae_text(FLUXIAE["salarie"], [], deb="07022022_010101"),
        **{
            name: fluxiae_text(FLUXIAE[name], [], deb=None)
            for name in ("annexe_financiere", "contrat_mission", "etat_mensuel_indiv")
        },
    }
    [outcome] = warehouse.load(write_fluxiae(tmp_path / "with", debs))
    assert outcome.date == dt.date(2022, 2, 7)
    names = {name: fluxiae_text(table, [], deb=None) for name, table in FLUXIAE.items()}
    [outcome] = warehouse.load(write_fluxiae(tmp_path / "without", names), accept=True)
    assert outcome.date == dt.date(2022, 2, 22)


def test_a_real_line_is_kept_after_repairs(tmp_path: Path, warehouse: Warehouse) -> None:
    """Lines 1 and 2 are DEB and header; the second record holds a break; a bad one follows."""
    table = FLUXIAE["annexe_financiere"]
    text = fluxiae_text(table, rows_of(table, 4)).replace("af_id_structure 1", "a\nb")
    text = text.replace("af_id_structure 2", "x|y")
    drop = write_fluxiae(tmp_path / "drop", {"annexe_financiere": text})
    [outcome] = warehouse.load(drop, max_rejected=0.25)
    assert warehouse.query(
        "select af_id_annexe_financiere, _line from raw.asp_fluxiae__annexe_financiere order by all"
    ) == [
        ("af_id_annexe_financiere 0", 3),
        ("af_id_annexe_financiere 1", 4),
        ("af_id_annexe_financiere 3", 7),
    ]
    [(line, reason, raw_text)] = warehouse.query(
        "select line, reason, raw_text from raw.rejected_rows"
    )
    assert (line, reason) == (6, "too many columns")
    assert raw_text.startswith("af_id_annexe_financiere 2|x|y|")
    counts = {file.table: file for file in outcome.files}["annexe_financiere"]
    assert (counts.nb_records, counts.nb_rows, counts.nb_rejected) == (4, 3, 1)


# Again, older, back


def test_the_same_extract_again_changes_nothing(tmp_path: Path, warehouse: Warehouse) -> None:
    drop = write_fluxiae(tmp_path / "drop")
    run("load", drop)
    before = warehouse.query("select load_id, loaded_at from raw.extracts")
    already = "asp_fluxiae, extract of 2022-02-22: already loaded, nothing to do"
    assert already in run("load", drop).output
    assert warehouse.query("select load_id, loaded_at from raw.extracts") == before


def test_the_lines_of_an_extract_go_with_it(tmp_path: Path, warehouse: Warehouse) -> None:
    """The lines of a file with a repair are in a table of their own."""
    table = FLUXIAE["salarie"]
    stamps = ("22022022_112211", "01032022_112211", "08032022_112211")
    for stamp in stamps:
        text = fluxiae_text(table, rows_of(table, 3), deb=stamp).replace("salarie_id 1", "a\nb")
        warehouse.load(write_fluxiae(tmp_path / stamp, {"salarie": text}, stamp=stamp), keep=2)
    assert [name for name in tables(warehouse) if "salarie" in name] == [
        "asp_fluxiae__salarie__2",
        "asp_fluxiae__salarie__2__lines",
        "asp_fluxiae__salarie__3",
        "asp_fluxiae__salarie__3__lines",
    ]
    assert warehouse.values("select _line from raw.asp_fluxiae__salarie order by all") == [3, 4, 6]


def landed(warehouse: Warehouse) -> set[str]:
    numbers = warehouse.values("select num_contrat from raw.extrapro__contrats_pro")
    return {number.partition("-")[0] for number in numbers}


def tables(warehouse: Warehouse) -> list[str]:
    return warehouse.values(
        "select table_name from duckdb_tables() where schema_name = 'landing' order by all"
    )


def test_an_older_extract_does_not_become_current(warehouse: Warehouse) -> None:
    warehouse.load(drop_of(warehouse, "20220401"))
    shown = run("load", drop_of(warehouse, "20220301")).output
    assert landed(warehouse) == {"20220401"}
    assert "kept, but not current: older than the current extract" in shown
    assert extracts(warehouse) == [("2022-03-01", False), ("2022-04-01", True)]
    oldest = drop_of(warehouse, "20220201")
    assert "not loaded: older than the 2 extracts kept" in run("load", oldest).output
    run("load", "--keep", "3", oldest)
    assert len(extracts(warehouse)) == 3


def test_rollback_and_forward_again(warehouse: Warehouse) -> None:
    older, newer = (drop_of(warehouse, date) for date in ("20220301", "20220401"))
    warehouse.load(older, newer)
    assert run("rollback", "extrapro").output == (
        "extrapro: extract of 2022-04-01 taken back; extract of 2022-03-01 is current again.\n"
    )
    assert landed(warehouse) == {"20220301"}
    assert "no earlier extract is kept" in error_of("rollback", "extrapro")
    # A job that loads the same drop again does not undo what the operator decided.
    assert "already loaded; kept, but not current" in run("load", newer).output
    assert landed(warehouse) == {"20220301"}
    assert "made current again" in run("load", "--accept", newer).output
    assert landed(warehouse) == {"20220401"}


def lists_of(drop: Path, name: str, *years: int) -> Path:
    """Lists of GEIQ, of one row each."""
    header = "Nom,Code Postal,Ville,SIRET\n"
    for year in years:
        text = f"{header}{name} {year},1,v,12345678900012\n"
        put(drop, f"geiq/geiq_{year}.csv", text)
    return drop


def listed(warehouse: Warehouse) -> list[str]:
    return warehouse.values("select nom from raw.geiq__listes order by all")


def test_rollback_of_an_edition(tmp_path: Path, warehouse: Warehouse) -> None:
    """Lists of GEIQ add up by year; the last one loaded is taken back, for the one before it."""
    for name in ("a", "b"):
        warehouse.load(lists_of(tmp_path / name, name, 2021, 2022))
    assert listed(warehouse) == ["b 2021", "b 2022"]
    run("rollback", "geiq")
    assert listed(warehouse) == ["a 2022", "b 2021"]
    run("rollback", "geiq")
    assert listed(warehouse) == ["a 2021", "a 2022"]
    run("rollback", "geiq")
    assert listed(warehouse) == ["a 2021"]
    run("rollback", "geiq", code=1)
    assert listed(warehouse) == ["a 2021"]
    run("rollback", "nothing", code=1)


def test_a_real_extract_comes_after_every_synthetic_one(warehouse: Warehouse) -> None:
    synthetic = drop_of(warehouse, "20220401", 99)
    (synthetic / "SYNTHETIC.md").write_text("synthetic")
    assert "loaded (synthetic)" in run("load", synthetic).output
    run("load", drop_of(warehouse, "20220301"))
    assert landed(warehouse) == {"20220301"}
    assert warehouse.query("select extract_date, is_synthetic from raw.extracts order by all") == [
        (dt.date(2022, 3, 1), False),
        (dt.date(2022, 4, 1), True),
    ]


def test_real_and_synthetic_lists_never_count_together(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    synthetic = lists_of(tmp_path / "synthetic", "synthetic", 2020, 2021, 2022)
    (synthetic / "SYNTHETIC.md").write_text("synthetic")
    warehouse.load(synthetic)
    assert listed(warehouse) == ["synthetic 2020", "synthetic 2021", "synthetic 2022"]
    warehouse.load(lists_of(tmp_path / "real", "real", 2021))
    assert listed(warehouse) == ["real 2021"]
    warehouse.load(lists_of(synthetic, "synthetic", 2023))
    assert listed(warehouse) == ["real 2021"]


# Compared before it replaces


def test_half_a_file_is_refused_with_the_figures(warehouse: Warehouse) -> None:
    warehouse.load(drop_of(warehouse, "20220301", 100))
    half = drop_of(warehouse, "20220401", 50)
    shown = run("load", half, code=1).output
    assert "falls by more than 20% from the current one of 2022-03-01" in shown
    assert re.search(r"contrats_pro, rows +│ +100 │ +50 │ -50.0%", shown)
    assert landed(warehouse) == {"20220301"}
    assert tables(warehouse) == ["extrapro__contrats_pro__1"]
    run("load", "--max-fall", "0.5", half)
    assert landed(warehouse) == {"20220401"}
    run("load", "--accept", drop_of(warehouse, "20220501", 1))
    assert landed(warehouse) == {"20220501"}


def test_a_small_table_may_lose_a_row(warehouse: Warehouse) -> None:
    warehouse.load(drop_of(warehouse, "20220301", 4))
    run("load", drop_of(warehouse, "20220401", 1), code=1)
    run("load", drop_of(warehouse, "20220401", 2))


def records(columns: str, *rows: tuple[str, ...]) -> list[dict[str, str]]:
    return [dict(zip(columns.split(), row, strict=True)) for row in rows]


def monthly(
    warehouse: Warehouse,
    stamp: str,
    months: list[tuple[int, int]],
    annexed_year: int,
    nb_persons: int = 40,
    nb_lost: int = 0,
) -> Path:
    """A FluxIAE drop: AI persons with a state in each month, ACI persons under contract.

    Annexes are there up to `annexed_year`; of the last month, `nb_lost` states name another one.
    """
    years = sorted({year for year, _ in months})
    contents = {
        "annexe_financiere": records(
            "af_id_annexe_financiere af_id_structure af_mesure_dispositif_code",
            *((f"{year}", "1", "AI_DC") for year in years if year <= annexed_year),
            # What makes up for the annexes that are missing, so that no count of rows falls.
            *((f"x{rank}", "", "") for rank in range(20)),
        ),
        "contrat_mission": records(
            "contrat_id_ctr contrat_id_pph contrat_id_structure contrat_mesure_disp_code "
            "contrat_date_embauche",
            *((f"{rank}", f"{rank}", "1", "ACI_DC", "01/02/2021") for rank in range(nb_persons)),
        ),
        "etat_mensuel_indiv": records(
            "emi_dsm_id emi_pph_id emi_afi_id emi_sme_mois emi_sme_annee",
            *(
                (f"{year}{month}{rank}", f"{rank}", f"{year}", f"{month}", f"{year}")
                for year, month in months
                for rank in range(nb_persons)
            ),
        ),
        "structure": [],
        "salarie": [],
    }
    for state in contents["etat_mensuel_indiv"][-nb_persons:][:nb_lost]:
        state["emi_afi_id"] = "lost"
    return write_fluxiae(
        warehouse.folder / f"drop-{stamp}-{nb_persons}-{annexed_year}", contents, stamp=stamp
    )


def test_no_annex_for_the_new_year(warehouse: Warehouse) -> None:
    autumn = [(2021, 11), (2021, 12)]
    run("load", monthly(warehouse, "10012022_112211", autumn, 2021))
    winter = [*autumn, (2022, 1)]
    shown = run("load", monthly(warehouse, "05022022_112211", winter, 2021), code=1).output
    assert re.search(r"% of last month's states with their annex +│ +100 │ +0 │ -100.0%", shown)
    run("load", monthly(warehouse, "06022022_112211", winter, 2022))


def test_a_percentage_has_no_allowance_for_chance(warehouse: Warehouse) -> None:
    """29 of 100 states of the last month have lost their annex: 100 to 71."""
    months = [(2021, 12), (2022, 1)]
    run("load", monthly(warehouse, "05022022_112211", months, 2022, 100))
    later = monthly(warehouse, "06022022_112211", months, 2022, 100, nb_lost=29)
    shown = run("load", "--max-fall", "0.05", later, code=1).output
    assert re.search(r"% of last month's states with their annex +│ +100 │ +71 │ -29.0%", shown)
    run("load", "--max-fall", "0.3", later)


def test_a_stock_that_falls_is_refused_though_rows_do_not(warehouse: Warehouse) -> None:
    """The states of December are gone; those of January make up for them."""
    run("load", monthly(warehouse, "10012022_112211", [(2021, 11), (2021, 12)], 2022))
    later = monthly(warehouse, "05022022_112211", [(2021, 11), (2022, 1), (2022, 2)], 2022)
    shown = run("load", later, code=1).output
    assert re.search(r"AI_DC, persons with a monthly state +│ +40 │ +0 │ -100.0%", shown)
    assert "rows" not in shown


def test_the_figures_compared(tmp_path: Path, warehouse: Warehouse) -> None:
    """Last month: January 2022. Contracts 1-4 are open on the 31st, of two measures; 5 has ended,
    6 has not begun. A state's measure is its annex's, else its contract's; 30 has neither."""
    contracts = records(
        "contrat_id_ctr contrat_id_pph contrat_mesure_disp_code contrat_date_embauche "
        "contrat_date_fin_contrat contrat_date_sortie_definitive",
        ("1", "1", "ACI_DC", "01/02/2021", "", ""),
        ("2", "2", "ACI_DC", "31/01/2022 10:00:00", "31/01/2022", ""),
        ("2", "2", "ACI_DC", "01/01/2022", "01/06/2022", ""),
        ("4", "4", "EI_DC", "01/02/2021", "01/01/2022", "01/03/2022"),
        ("5", "5", "EI_DC", "01/02/2021", "01/01/2023", "30/01/2022"),
        ("6", "6", "EI_DC", "01/02/2022", "", ""),
    )
    states = records(
        "emi_pph_id emi_afi_id emi_ctr_id emi_sme_mois emi_sme_annee",
        ("10", "A", "1", "01", "2022"),
        ("10", "A", "1", "1", "2022"),
        ("11", "A", "1", "1", "2022"),
        ("12", "missing", "4", "1", "2022"),
        ("13", "A", "4", "12", "2021"),
        ("30", "missing", "missing", "1", "2022"),
    )
    annexes = records("af_id_annexe_financiere af_mesure_dispositif_code", ("A", "AI_DC"))
    contents = {
        "annexe_financiere": annexes,
        "contrat_mission": contracts,
        "etat_mensuel_indiv": states,
        "structure": [],
        "salarie": [],
    }
    warehouse.load(write_fluxiae(tmp_path / "drop", contents))
    source = SOURCES["asp_fluxiae"]
    with warehouse.connected() as connection:
        [only] = loads(connection, source)
        figures = compare(connection, source, only, only)
    assert {figure.label: figure.now for figure in figures} == {
        "structure, rows": 0,
        "annexe_financiere, rows": 1,
        "contrat_mission, rows": 6,
        "etat_mensuel_indiv, rows": 6,
        "salarie, rows": 0,
        "ACI_DC, persons under contract": 2,
        "EI_DC, persons under contract": 1,
        "AI_DC, persons with a monthly state": 2,
        "EI_DC, persons with a monthly state": 1,
        "% of last month's states with their annex": 60,
    }


# What is shown


def test_a_fault_in_one_source_does_not_keep_the_others_out(warehouse: Warehouse) -> None:
    drop = drop_of(warehouse, "20220301")
    write_fluxiae(drop, {"salarie": None})
    put(drop, "asp_contrats_aides/contrats_aides_20220301.csv", b"wrong\n")
    shown = run("load", drop, code=1).output
    assert landed(warehouse) == {"20220301"}
    assert "Error: asp_fluxiae: no file for salarie" in shown
    assert "Error: contrats_aides_20220301.csv, line 1: the header has no column" in shown
    assert "extrapro, extract of 2022-03-01: loaded" in shown


# Secrets


def test_files_and_salt_are_their_owners_only(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IAE_SALT")
    warehouse.load(drop_of(warehouse, "20220301"))
    salt = warehouse.path.with_name("salt")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in salt.parent.iterdir()}
    assert modes == {"build.duckdb": 0o600, "salt": 0o600}
    assert salt.read_bytes() not in warehouse.path.read_bytes()


# Locks


def test_a_locked_warehouse_is_waited_for_then_named(warehouse: Warehouse) -> None:
    warehouse.load(drop_of(warehouse, "20220301"))
    drop = drop_of(warehouse, "20220401")
    with open_elsewhere(warehouse.path) as holder:
        for command in (["load", str(drop)], ["status"], ["rollback", "extrapro"]):
            shown = run(*command, "--wait", "0.1", code=1).output
            assert f"is in use by process {holder.pid} (" in shown
        threading.Timer(1, holder.kill).start()
        began = time.monotonic()
        run("load", drop, "--wait", "30")
        assert time.monotonic() - began > 0.5
    assert landed(warehouse) == {"20220401"}


def test_two_loaders_at_once(tmp_path: Path, warehouse: Warehouse) -> None:
    """One waits for the other; both extracts are in."""
    drops = [drop_of(warehouse, "20220301", 2_000), write_fluxiae(tmp_path / "flux", nb_rows=2_000)]
    loads = [started(["load", "--wait", "60", drop], os.environ) for drop in drops]
    for load in loads:
        load.join()
    assert [load.exitcode for load in loads] == [0, 0]
    assert warehouse.query("select source, nb_rows from raw.extracts order by all") == [
        ("asp_fluxiae", 10_000),
        ("extrapro", 2_000),
    ]


def test_nothing_is_opened_at_import() -> None:
    code = (
        "import sys, iae.cli; "
        "sys.exit(any(name in sys.modules for name in ('duckdb', 'rich.progress', 'pyzipper')))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )
