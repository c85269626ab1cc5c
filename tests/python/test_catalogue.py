"""The catalogue: complete, silent about the machine that wrote it, and open from disk."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from conftest import PROJECT, Pipeline
from iae.catalogue.build import public

LAYERS = "('reference', 'staging', 'intermediate', 'marts', 'semantic', 'open_data')"


@pytest.fixture(scope="session")
def catalogue(published_sample: Pipeline) -> Path:
    out = published_sample.folder / "catalogue"
    if not out.exists():  # else `make test` has written it
        published_sample.succeed([sys.executable, "-m", "iae", "catalogue", out])
    return out


def lineage_data(catalogue: Path) -> str:
    page = (catalogue / "lineage" / "index.html").read_text(encoding="utf-8")
    (encoded,) = re.findall(r'window\.colibriData = JSON\.parse\(atob\("([^"]+)"\)\)', page)
    return base64.b64decode(encoded).decode()


def test_every_table_and_column_of_every_layer_is_described(published_sample: Pipeline) -> None:
    assert not published_sample.query(
        f"""
        with
            described as (
                select schema_name, table_name, column_name, comment from duckdb_columns()
                union all
                select schema_name, table_name, '', comment from duckdb_tables()
                union all
                select schema_name, view_name, '', comment from duckdb_views()
            )
        from described where schema_name in {LAYERS} and coalesce(comment, '') = ''
        """
    )


def test_every_raw_column_is_described(published_sample: Pipeline) -> None:
    manifest = json.loads((published_sample.folder / "target/manifest.json").read_text("utf-8"))
    described = {
        (source["identifier"], column["name"])
        for source in manifest["sources"].values()
        for column in source["columns"].values()
        if source["description"] and column["description"]
    }
    declared = {source["identifier"] for source in manifest["sources"].values()}
    landed = published_sample.query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'raw'"
    )
    assert not {cell for cell in landed if cell[0] in declared} - described


def test_a_column_reads_the_same_in_every_mart(published_sample: Pipeline) -> None:
    """One name, one meaning, but where a name says what it counts or comes from."""
    several_meanings = {"nb_rows", "source"}
    several_texts = published_sample.query(
        """
        select column_name from duckdb_columns() where schema_name = 'marts'
        group by column_name having count(distinct comment) > 1
        """
    )
    assert {column for (column,) in several_texts} == several_meanings


def test_pages_name_nothing_of_the_machine(catalogue: Path, published_sample: Pipeline) -> None:
    told = (catalogue / "index.html").read_text("utf-8") + lineage_data(catalogue)
    for local in (PROJECT, published_sample.folder, Path(sys.prefix)):
        assert str(local) not in told
    for field in ("root_path", "compiled_path", "user_id"):
        assert f'"{field}": ' not in told


def test_metadata_of_the_run_is_left_out() -> None:
    manifest = {
        "metadata": {
            "dbt_version": "1.11.16",
            "env": {"CUSTOM": "secret"},
            "invocation_id": "19ed47fe",
            "user_id": "someone",
            "send_anonymous_usage_stats": True,
        },
        "nodes": {"model.iae.a": {"name": "a", "root_path": "/home/someone/iae"}},
        "disabled": [],
    }
    assert public(manifest) == {
        "metadata": {"dbt_version": "1.11.16", "send_anonymous_usage_stats": False},
        "nodes": {"model.iae.a": {"name": "a"}},
        "disabled": [],
    }


def test_catalogue_of_nothing_says_what_to_do(pipeline: Pipeline) -> None:
    refusal = pipeline.refusal("catalogue", pipeline.folder / "catalogue")
    assert "run `iae load` and `dbt build` first" in refusal
    assert not (pipeline.folder / "catalogue").exists()


def test_pages_have_no_one_to_call(catalogue: Path) -> None:
    for page in catalogue.rglob("*.html"):
        text = page.read_text("utf-8")
        assert not re.search(r"posthog\.com|fuzzed\.getdbt\.com", text)
        assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=.?https?:", text)
        assert "default-src 'none'" in text[:2000]


def test_front_page_dates_the_extracts(catalogue: Path, published_sample: Pipeline) -> None:
    front_page = (catalogue / "index.html").read_text("utf-8")
    extracts = published_sample.query("select source, extract_date from marts.audit_extracts")
    assert extracts
    for source, day in extracts:
        assert f"| `{source}` | {day} |" in front_page


def test_lineage_follows_a_column_from_the_file_to_the_mart(catalogue: Path) -> None:
    edges = json.loads(lineage_data(catalogue))["lineage"]["edges"]
    parents: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for edge in edges:
        child = (edge["target"], edge["targetColumn"])
        parents.setdefault(child, set()).add((edge["source"], edge["sourceColumn"]))
    reached, ahead = set(), {("model.iae.int_presences", "person_id")}
    while ahead:
        column = ahead.pop()
        reached.add(column)
        ahead |= parents.get(column, set()) - reached
    # Through the union of contracts and monthly states, and that of both GEIQ sources.
    assert {
        ("source.iae.asp_fluxiae.asp_fluxiae__salarie", "salarie_nir_hash"),
        ("source.iae.extrapro.contrats_pro", "nir_hash"),
        ("source.iae.asp_contrats_aides.contrats_aides", "nir_hash"),
    } <= reached


def test_catalogue_opens_without_network_and_finds_the_composite(
    catalogue: Path, browser: Browser
) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((catalogue / "index.html").as_uri())
    page.wait_for_selector("h1 >> text=mois par mois")
    page.wait_for_selector("text=Données fictives")
    page.fill("input[placeholder^=Search]", "GEIQ")
    page.wait_for_selector(".result")
    found = page.locator(".result").all_inner_texts()
    assert not [one for one in found if re.match(r"\S+ (?!model)", one)]
    page.fill("input[placeholder^=Search]", "fct_composite_stock")
    page.click(".result:has-text('fct_composite_stock model')")
    page.wait_for_selector("h1 >> text=fct_composite_stock")
    page.wait_for_selector("td >> text=missing_components")
    page.wait_for_selector("dd >> text=/^marts.fct_composite_stock$/")
    lineage = (catalogue / "lineage" / "index.html").as_uri()
    page.goto(f"{lineage}?model=model.iae.fct_composite_stock&parents=2")
    page.wait_for_selector("text=int_stock_by_department")
    context.close()
    assert not [line for line in said if line.startswith("error")]
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
