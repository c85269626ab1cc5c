"""Build the page's folder from the published file."""

import base64
import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Template
from markupsafe import Markup

from iae.faults import read_published
from iae.folders import replaced
from iae.french import SOURCE_NAMES, french_date, french_month, french_number, signed_percent
from iae.release.release import FOLDER as RELEASES
from iae.site.content import Content, given, read_contents
from iae.site.downloads import DICTIONARY, FOLDER, WHOLE, Download, prefix, write_downloads
from iae.site.marts import PUBLISHED_SOURCE, Extract, Marts
from iae.templates import template

ASSETS = files("iae.site") / "assets"
SCRIPTS = (
    "format.js",
    "state.js",
    "charts.js",
    "elements.js",
    "export.js",
    "headline.js",
    "curve.js",
    "types.js",
    "map.js",
    "country.js",
    "published.js",
    "page.js",
)
# 6.4, the other one of the wheel, loses the tooltips of the nearest point.
VEGA_LITE_VERSION = "6.1"
# What other commands write into the folder of the page.
OTHERS_FOLDERS = ("catalogue", RELEASES)
# Where synthetic figures are, when real ones open the site.
SAMPLE_FOLDER = "echantillon"


@dataclass(frozen=True)
class SiteSummary:
    """What was written."""

    index: Path
    nb_months: int
    downloads: list[Download]
    has_catalogue: bool


def build_site(database: Path, out: Path) -> SiteSummary:
    """Write the pages and their downloads into ``out``; the rest of the folder is left alone.

    Synthetic figures are in ``index.html`` where nothing is real, else in a page of their own below
    it. Raise IaeError for the published file and for ``out``.
    """
    downloads: list[Download] = []
    with replaced(out, "site", others=OTHERS_FOLDERS) as new:
        with read_published(database) as connection:
            marts = Marts(connection)
            updated = date.fromtimestamp(database.stat().st_mtime)
            contents = read_contents(marts, updated, out / RELEASES)
            for content in reversed(contents):
                folder = new if content is contents[0] else new / SAMPLE_FOLDER
                downloads = write_downloads(marts, content, folder / FOLDER)
                _write_page(folder, content, contents, downloads)
        if not contents:
            _write_page(new, None, [], [])
        _write_assets(new / "assets")
    nb_months = len(contents[0].months) if contents else 0
    has_catalogue = (out / "catalogue" / "index.html").is_file()
    return SiteSummary(out / "index.html", nb_months, downloads, has_catalogue)


def _write_page(
    folder: Path, content: Content | None, contents: list[Content], downloads: list[Download]
) -> None:
    is_below = bool(contents) and content is not contents[0]
    sample = contents[1] if len(contents) > 1 and not is_below else None
    page = _template().render(
        content=content,
        sample=sample and _sample_rows(sample),
        downloads=downloads,
        root="../" if is_below else "",
        folder=FOLDER,
        sample_folder=SAMPLE_FOLDER,
        dataset=content and not content.is_synthetic and _dataset(content, downloads),
        dictionary=content and f"{prefix(content)}{DICTIONARY}",
        whole=content and f"{prefix(content)}{WHOLE}",
        departments=json.loads(_asset("departments.geojson")),
        scripts=SCRIPTS,
        style=Markup(_style()),  # noqa: S704 (our own)
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(page, encoding="utf-8")


def _dataset(content: Content, downloads: list[Download]) -> dict[str, Any]:
    """What search engines of data read of the page (schema.org)."""
    metadata, months = content.metadata, content.data["months"]
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": metadata["title"],
        "description": (
            "Nombre de personnes en insertion par l’activité économique, par mois, en France, "
            "par région et par département."
        ),
        "inLanguage": "fr",
        "license": metadata["licence_url"],
        "creator": {"@type": "Organization", "name": metadata["producer"]},
        "isBasedOn": content.source,
        "dateModified": metadata["updated_iso"],
        "temporalCoverage": f"{months[0]}/{months[-1]}",
        "spatialCoverage": "France",
        "variableMeasured": "personnes",
        "distribution": [
            {
                "@type": "DataDownload",
                "name": download.description,
                "encodingFormat": "text/csv",
                "contentUrl": f"{FOLDER}/{download.csv}",
            }
            for download in downloads
        ],
    }


def _sample_rows(sample: Content) -> list[tuple[str, date, int]]:
    """The last synthetic figures of France: a series, its last month and its people."""
    rows = []
    for measure in sample.measures:
        values = measure["stock"].get("FR", [])
        for last in given(values)[-1:]:
            rows.append((measure["name"], sample.months[last], values[last]))
    return rows


def _write_assets(folder: Path) -> None:
    folder.mkdir()
    texts = {name: _asset(name) for name in (*SCRIPTS, "source-sans-3.LICENSE.txt")}
    for name, text in (texts | {"vega.js": _vega()}).items():
        (folder / name).write_text(text, encoding="utf-8")


def _style() -> str:
    """The style with its typeface, in the page: some browsers refuse a font file from disk."""
    font = base64.b64encode((ASSETS / "source-sans-3.woff2").read_bytes()).decode()
    return _asset("page.css").replace("source-sans-3.woff2", f"data:font/woff2;base64,{font}")


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, from the wheel that carries them."""
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE_VERSION))


def _template() -> Template:
    return template(
        _asset("index.html.jinja"),
        number=french_number,
        delivered=_delivered,
        covered=french_month,
        decimal=lambda number: f"{number:.1f}".replace(".", ","),
        percent=lambda percent: signed_percent(percent).lstrip("+"),
        source=lambda source: SOURCE_NAMES.get(source, source),
        size=_french_size,
        breakable=lambda name: Markup("_<wbr>").join(name.split("_")),
        script_json=_script_json,
    )


def _delivered(extract: Extract) -> str:
    """A yearly list is named by its year, any other extract by its date."""
    if extract.source == "geiq" and extract.extract_date is not None:
        return f"liste de {extract.extract_date.year}"
    if extract.source == PUBLISHED_SOURCE:
        return f"édition du {french_date(extract.extract_date)}"
    return french_date(extract.extract_date)


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
