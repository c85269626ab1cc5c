"""What a page shows: the real figures or the synthetic ones, never both, with their words."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from iae.datapackage import (
    FROM_EXTRACTS,
    FROM_PUBLISHED,
    read_metadata,
    read_rounding_base,
)
from iae.french import (
    french_date,
    french_month,
    french_people,
    signed_number,
    signed_percent,
)
from iae.public_note import NOTE, recompute_claims
from iae.release.changes import french_version
from iae.release.release import edition_date, read_descriptor, read_editions
from iae.site import marts as read
from iae.site.marts import Axis, Extract, Marts, Measure
from iae.site.method import Method, read_method

# The last months of our own series wait for late declarations: the page opens on one before them.
YOUNG_MONTHS = 3
# How many earlier editions of ours the page tells of: they are all in the folder of releases.
SAID_EDITIONS = 6
NAMES = {
    "published": "Série publiée",
    "official": "Périmètre officiel",
    "constant": "Périmètre constant",
}


@dataclass(frozen=True)
class Headline:
    """The figure that opens the page, for France."""

    title: str
    month: date
    rows: list[tuple[date, int, bool]]  # people, and whether provisional, the last month first
    departments: list[tuple[str, int, float | None]]  # people, and for 10,000 inhabitants


@dataclass(frozen=True)
class Content:
    """All that one page shows; ``data`` is what its scripts read."""

    is_synthetic: bool
    data: dict[str, Any]
    measures: list[Measure]
    months: list[date]
    headline: Headline | None
    # The claims of the public note: what each is, what the note says, what each edition gives.
    claims: list[tuple[str, str, list[str]]]
    claim_editions: list[str]
    extracts: list[Extract]
    metadata: dict[str, str]
    method: Method
    source: str
    frequency: str
    tables: list[str]
    is_exact: bool
    rounding_base: int
    # Which figures there are; of the country: flows, people of a year or structures.
    has_published: bool
    has_computed: bool
    has_types: bool
    has_country: bool
    has_declarations: bool


def read_contents(marts: Marts, updated: date, releases: Path) -> list[Content]:
    """The pages to write, the real one first; one without any figure is left out."""
    extracts = read.read_extracts(marts)
    synthetic = {extract.source for extract in extracts if extract.is_synthetic}
    axis = {month: position for position, month in enumerate(read.read_months(marts))}
    metadata = read_metadata(marts.connection)
    method = read_method(marts)
    measures = read.read_measures(marts, axis, synthetic, method.break_month)
    metadata |= {"updated": french_date(updated), "updated_iso": updated.isoformat()}
    shared = {
        "months": [month.strftime("%Y-%m") for month in axis],
        "territories": read.read_territories(marts),
    }
    contents = []
    for is_synthetic in (False, True):
        of_page = [one for one in measures if one["isSynthetic"] == is_synthetic]
        if of_page:
            beside = _beside(marts, axis, of_page, releases)
            its_extracts = [one for one in extracts if one.is_synthetic == is_synthetic]
            contents.append(
                _content(marts, axis, shared | beside, of_page, its_extracts, metadata, method)
            )
    return contents


def _beside(marts: Marts, axis: Axis, measures: list[Measure], releases: Path) -> dict[str, Any]:
    """What goes with our own stock: the rest of the country, and what our releases said."""
    if all(measure["id"] == "published" for measure in measures):
        return {"country": {"people": []}, "said": []}
    current = edition_date(marts.connection)
    said = []
    for folder in read_editions(releases):
        is_before = folder.name.partition(".")[0] <= current
        if is_before and read_descriptor(folder)["is_synthetic"] == measures[0]["isSynthetic"]:
            stock = read.read_what_was_said(marts, axis, folder)
            # Today's figures have been released already.
            if stock or folder.name.partition(".")[0] < current:
                said.append({"name": french_version(folder.name), "stock": stock})
    if said:
        said = [*said[-SAID_EDITIONS:], {"name": french_version(current), "stock": {}}]
    return {"country": read.read_country(marts, axis), "said": said}


def given(values: list[Any]) -> list[int]:
    """Return the positions of the values that are there."""
    return [position for position, value in enumerate(values) if value is not None]


def _country(measure: Measure) -> list[Any]:
    series: list[Any] = measure["stock"].get("FR", [])
    return series


def _lead_of(measures: list[Measure]) -> Measure:
    """The series that opens the page: our official one where complete, else the published one."""
    by_id = {measure["id"]: measure for measure in measures}
    official = by_id.get("official")
    if official and given(_country(official))[-1:] == given(official["provisional"])[-1:]:
        return official
    return by_id.get("published") or by_id.get("constant") or measures[0]


def _content(
    marts: Marts,
    axis: Axis,
    shared: dict[str, Any],
    measures: list[Measure],
    extracts: list[Extract],
    metadata: dict[str, str],
    method: Method,
) -> Content:
    ids = {measure["id"] for measure in measures}
    editions = read.read_editions(marts, axis) if "published" in ids else []
    latest = date.fromisoformat(editions[-1]["edition"]) if editions else None
    for measure in measures:
        _name(measure, latest, metadata)
    lead = _lead_of(measures)
    month = _headline_month(lead)
    has_both = bool(ids & {"official", "constant"}) and "published" in ids
    rounding_base = read_rounding_base(marts.connection)
    has_computed = ids != {"published"}
    # What the administration published is for everybody already.
    is_exact = has_computed and rounding_base == 1
    is_synthetic = lead["isSynthetic"]
    country = shared["country"]
    data = {
        "isSynthetic": is_synthetic,
        "isExact": is_exact,
        **shared,
        "measures": measures,
        "lead": lead["id"],
        "month": month,
        "editions": editions,
        "revisions": read.read_revisions_by_age(marts) if editions else [],
        "comparable": read.read_comparable(marts, axis) if has_both else {},
        "metadata": metadata,
        "entering": method.entering,
    }
    return Content(
        is_synthetic=is_synthetic,
        data=data,
        measures=measures,
        months=[*axis],
        headline=_headline(lead, [*axis], month, shared["territories"]),
        claims=_claims(axis, editions, measures[0]),
        claim_editions=[french_date(date.fromisoformat(one["edition"])) for one in editions],
        extracts=extracts,
        metadata=metadata,
        method=method,
        source=lead["source"],
        frequency=metadata[f"{'published' if lead['id'] == 'published' else 'computed'}_frequency"],
        tables=_tables(marts, ids),
        is_exact=is_exact,
        rounding_base=rounding_base,
        has_published="published" in ids,
        has_computed=has_computed,
        has_types=any("label" in measure for measure in measures),
        has_country=bool(
            country["people"] or country.get("entries") or country.get("nb_structures")
        ),
        has_declarations=bool(country.get("nb_expected")),
    )


def _name(measure: Measure, edition: date | None, metadata: dict[str, str]) -> None:
    """Name a series and its source, in place."""
    identifier = measure["id"]
    label = measure.get("label")
    measure["name"] = f"{identifier} – {label}" if label else NAMES[identifier]
    if measure["isSynthetic"]:
        measure["source"] = "données fictives, fabriquées pour essayer le projet"
    elif identifier == "published":
        measure["source"] = f"{metadata['published_source']}, édition du {french_date(edition)}"
    else:
        measure["source"] = metadata["computed_source"]


def _headline_month(lead: Measure) -> int:
    """The last month that is old enough to be firm; of a short series, its first."""
    known = given(_country(lead)) or [0]
    if lead["id"] == "published":
        firm = [one for one in range(known[0], known[-1] + 1) if lead["provisional"][one] is False]
        return firm[-1] if firm else known[0]
    return max(known[0], known[-1] - YOUNG_MONTHS)


def _headline(
    lead: Measure, months: list[date], month: int, territories: list[dict[str, Any]]
) -> Headline | None:
    """The same words as the scripts write for France: they are there without scripts too."""
    series = _country(lead)
    if month >= len(series) or series[month] is None:
        return None
    known = [value for value in series if value is not None]
    extreme = ""
    if len(known) > 1 and known.count(series[month]) == 1:
        if series[month] == max(known):
            extreme = ", maximum de la série"
        elif series[month] == min(known):
            extreme = ", minimum de la série"
    mark = " (provisoire)" if lead["provisional"][month] else ""
    departments = [
        (one["name"], people, one["population"] and 10_000 * people / one["population"])
        for one in territories
        if one["level"] == "departmental"
        and (people := lead["stock"].get(one["id"], [None] * len(months))[month]) is not None
    ]
    return Headline(
        title=(
            f"France\u00a0: {french_people(series[month])} en "
            f"{french_month(months[month])}{extreme}{mark}"
        ),
        month=months[month],
        rows=[(months[at], series[at], lead["provisional"][at]) for at in reversed(given(series))],
        departments=departments,
    )


def _claims(
    axis: Axis, editions: list[dict[str, Any]], published: Measure
) -> list[tuple[str, str, list[str]]]:
    """What the public note says beside what each edition gives."""
    stocks = [(edition["stock"] or published["stock"]).get("FR", []) for edition in editions]
    recomputed = [recompute_claims(dict(zip(axis, stock, strict=False))) for stock in stocks]
    if not any(claims.spring_2020_percent is not None for claims in recomputed):
        return []
    rows = (
        ("De février à avril 2020", "spring_2020_percent"),
        ("De janvier à septembre 2021, en moyenne, par rapport à 2020", "gain"),
        ("La même hausse, en %", "gain_percent"),
        ("De janvier à septembre 2021, par rapport à 2019", "gain_on_2019_percent"),
    )

    def shown(name: str, value: float | None) -> str:
        if value is None:
            return "–"
        return signed_number(round(value)) if name == "gain" else signed_percent(value)

    return [
        (
            claim,
            shown("gain", getattr(NOTE, name)) + ("" if name == "gain" else "\u00a0%"),
            [shown(name, getattr(claims, name)) for claims in recomputed],
        )
        for claim, name in rows
    ]


def _tables(marts: Marts, ids: set[str]) -> list[str]:
    """Tables that hold something of this page, the published ones first."""
    is_computed = bool(ids - {"published"})
    wanted = (
        *(FROM_PUBLISHED if "published" in ids else ()),
        *(FROM_EXTRACTS if is_computed else ()),
        "territories",
        *(("structure_types",) if is_computed else ()),
        "extracts",
    )
    left_out = () if "published" in ids else ("reconciliation",)
    return [
        name
        for name in wanted
        if name in marts.names and name not in left_out and marts.table(name).limit(1).fetchall()
    ]
