"""Build the page's folder from the published file."""

import base64
import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import vl_convert
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from iae.errors import IaeError
from iae.folders import replaced
from iae.site.french import (
    MART_DESCRIPTIONS,
    REASONS,
    SOURCE_NAMES,
    french_date,
    french_month,
    french_number,
)
from iae.site.marts import (
    Extract,
    list_marts,
    read_extracts,
    read_outcomes,
    read_page_data,
    read_warnings,
)

ASSETS = files("iae.site") / "assets"
SCRIPTS = (
    "format.js",
    "charts.js",
    "common.js",
    "composite.js",
    "types.js",
    "map.js",
    "published.js",
    "page.js",
)
# What other commands write into the folder of the page.
OTHERS_FOLDERS = ("catalogue",)
VEGA_LITE_VERSION = "6.4"


class SiteError(IaeError):
    """The page cannot be written; the message says why and what to do."""


@dataclass(frozen=True)
class Download:
    """The two files that hold a mart, with their sizes in bytes."""

    mart: str
    description: str
    nb_rows: int
    csv_bytes: int
    parquet_bytes: int


@dataclass(frozen=True)
class SiteSummary:
    """What was written."""

    index: Path
    nb_months: int
    downloads: list[Download]
    has_catalogue: bool


def build_site(database: Path, out: Path) -> SiteSummary:
    """Write the page and its downloads into ``out``; the rest of the folder is left alone.

    Raises:
        SiteError: the published file is absent, is not a published file, or cannot be read.
        IaeError: ``out`` is somebody else's folder or cannot be written.
    """
    with replaced(out, "site", others=OTHERS_FOLDERS) as folder:
        summary = _write_site(database, folder)
    return replace(
        summary,
        index=out / "index.html",
        has_catalogue=(out / "catalogue" / "index.html").is_file(),
    )


def _write_site(database: Path, out: Path) -> SiteSummary:
    if not database.is_file():
        raise SiteError(f"{database} does not exist: publish a build first (iae publish)")
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            marts = list_marts(connection)
            data = read_page_data(connection)
            extracts = read_extracts(connection)
            outcomes = read_outcomes(connection)
            warnings = read_warnings(connection) if "audit_builds" in marts else []
            downloads = _write_downloads(connection, marts, out / "donnees")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise SiteError(f"{database} is not a published file that can be read: {reason}") from error

    synthetic = {extract.source for extract in extracts if extract.is_synthetic}
    # Real figures beside made-up ones are not compared: it would be a false finding.
    data["isComparable"] = ("barometre" in synthetic) == bool(synthetic - {"barometre"})

    _write_assets(out / "assets")
    index = out / "index.html"
    page = _template().render(
        data=data,
        extracts=extracts,
        outcomes=outcomes,
        warnings=warnings,
        downloads=downloads,
        synthetic_sources=sorted(synthetic),
        all_synthetic=bool(extracts) and all(extract.is_synthetic for extract in extracts),
        scripts=SCRIPTS,
    )
    index.write_text(page, encoding="utf-8")
    return SiteSummary(
        index=index,
        nb_months=len(data["months"]),
        downloads=downloads,
        has_catalogue=False,
    )


def _write_downloads(
    connection: duckdb.DuckDBPyConnection, marts: dict[str, str | None], folder: Path
) -> list[Download]:
    """One CSV (comma, UTF-8, ISO dates) and one Parquet per mart, rows in a stable order."""
    folder.mkdir()
    downloads = []
    for mart, comment in marts.items():
        relation = connection.table(f"marts.{mart}").order("all")
        csv, parquet = folder / f"{mart}.csv", folder / f"{mart}.parquet"
        relation.write_csv(str(csv), header=True)
        relation.write_parquet(str(parquet), compression="zstd")
        downloads.append(
            Download(
                mart=mart,
                description=MART_DESCRIPTIONS.get(mart, comment or ""),
                nb_rows=len(relation),
                csv_bytes=csv.stat().st_size,
                parquet_bytes=parquet.stat().st_size,
            )
        )
    return downloads


def _write_assets(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for script in SCRIPTS:
        (folder / script).write_text(_asset(script), encoding="utf-8")
    (folder / "vega.js").write_text(_vega(), encoding="utf-8")
    # Inline, because some browsers refuse a font file to a page opened from disk.
    font = base64.b64encode((ASSETS / "source-sans-3.woff2").read_bytes()).decode()
    style = _asset("page.css").replace("source-sans-3.woff2", f"data:font/woff2;base64,{font}")
    (folder / "page.css").write_text(style, encoding="utf-8")
    licence = _asset("source-sans-3.LICENSE.txt")
    (folder / "source-sans-3.LICENSE.txt").write_text(licence, encoding="utf-8")


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the wheel that carries them."""
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE_VERSION))


def _template() -> Any:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": french_number,
        "delivered": _delivered,
        "covered": _covered,
        "reason": lambda reason: REASONS.get(reason, ""),
        "source": lambda source: SOURCE_NAMES.get(source, source),
        "size": _french_size,
        "breakable": lambda name: Markup("_<wbr>").join(name.split("_")),
        "script_json": _script_json,
    }
    environment.globals["departments"] = json.loads(_asset("departments.geojson"))
    return environment.from_string(_asset("index.html.jinja"))


def _delivered(extract: Extract) -> str:
    """A yearly list is named by its year, any other extract by its date."""
    if extract.source == "geiq" and extract.extract_date is not None:
        return f"liste de {extract.extract_date.year}"
    return french_date(extract.extract_date)


def _covered(extract: Extract) -> str:
    """Neither a list nor an edition of the published series covers months up to its date."""
    is_covering = extract.source not in ("geiq", "barometre")
    return french_month(extract.last_covered_month if is_covering else None)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _script_json(value: Any) -> Any:
    """JSON that can stand in a script element: nothing in it can close the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 (the only unsafe character is escaped)


def _french_size(nb_bytes: int) -> str:
    kilobytes = max(1, round(nb_bytes / 1000))
    if kilobytes < 1000:
        return f"{kilobytes}\u00a0ko"
    return f"{kilobytes / 1000:.1f}\u00a0Mo".replace(".", ",")
