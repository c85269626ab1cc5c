"""The public page, opened in a real browser without network, as its readers meet it.

Three sites are built once: the real editions alone, the real editions with a synthetic sample
below them, and real extracts of our own, made by hand, with a published series beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from python_calamine import CalamineWorkbook

from conftest import PROJECT, Pipeline
from iae.errors import IaeError
from iae.site.build import build_site
from iae.site.content import read_contents
from iae.site.marts import Marts
from iae.site.method import read_method
from site_marts import BASE, write_marts, write_release

DEPARTMENTS = "#map-france .mark-shape path"
ASSETS = PROJECT / "scripts" / "iae" / "site" / "assets"
PAGE_BYTES = 2_000_000


@dataclass
class Opened:
    """A page opened from disk, with all that it said and asked for."""

    page: Page
    database: Path
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        """Visible text, no-break spaces as plain ones."""
        return plain(self.page.inner_text(selector))

    def fills(self) -> list[str]:
        paths = self.page.query_selector_all(DEPARTMENTS)
        return [path.get_attribute("fill") or "" for path in paths]

    def choose(self, month: str = "", **changes: object) -> None:
        """Choose as the controls do, a month as 2022-06, and wait until all is shown."""
        if month:
            changes["month"] = self.page.evaluate("(month) => months.indexOf(month)", month)
        self.page.evaluate("(changes) => choose(changes)", changes)

    def rows(self, selector: str) -> list[str]:
        """The visible texts of whatever is selected, as of one line each."""
        return [plain(text) for text in self.page.locator(selector).all_inner_texts()]

    def reset(self) -> Opened:
        """Back to what the page opens on, in its own window."""
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.evaluate("choose({ ...DEFAULTS, filter: '', isWhole: false })")
        self.page.fill("#filter", "")
        return self

    def sql(self, query: str, **parameters: object) -> Any:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(query, parameters).fetchall()

    def saved(self, selector: str) -> Path:
        """The file that a click on a button saves."""
        with self.page.expect_download() as download:
            self.page.click(selector)
        path = Path(str(download.value.path()))
        return path.rename(path.with_name(download.value.suggested_filename))

    def saved_picture(self, figure: str) -> tuple[str, str]:
        """The SVG that a figure is saved as, and the words in it."""
        svg = self.saved(f"{figure} [data-picture=svg]").read_text(encoding="utf-8")
        return svg, plain(" ".join(re.findall(r">([^<]+)</text>", svg)))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def french(number: float, digits: int = 0) -> str:
    return f"{number:,.{digits}f}".replace(",", " ").replace(".", ",")


def signed(number: float, digits: int = 0) -> str:
    text = french(abs(number), digits)
    return {1: "+", -1: "−", 0: ""}[(number > 0) - (number < 0)] + text


@dataclass(frozen=True)
class Site:
    folder: Path
    database: Path

    @contextmanager
    def opened(
        self, browser: Browser, page: str = "index.html", address: str = "", **options: Any
    ) -> Iterator[Opened]:
        """A page opened from disk with the network cut."""
        settings = {"viewport": {"width": 1440, "height": 900}, "offline": True, **options}
        context = browser.new_context(**settings)
        opened = Opened(context.new_page(), self.database)
        opened.page.on("console", lambda message: opened.messages.append(message.text))
        opened.page.on("pageerror", lambda error: opened.messages.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto((self.folder / page).as_uri() + address)
        if opened.page.query_selector("#data") and options.get("java_script_enabled", True):
            opened.page.wait_for_selector("body[data-ready]")
        yield opened
        context.close()


Build = Callable[..., Site]


@pytest.fixture(scope="module")
def build(published_sample: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build a site of marts where only some things are loaded, an edition released before it."""

    def build_in_a_folder(*, has_release: bool = False, **loaded: Any) -> Site:
        folder = tmp_path_factory.mktemp("site")
        database = write_marts(folder / "iae.duckdb", published_sample.published, **loaded)
        if has_release:
            write_release(database, folder / "site" / "donnees" / "2022-06-01")
        build_site(database, folder / "site")
        return Site(folder / "site", database)

    return build_in_a_folder


@pytest.fixture(scope="module")
def real_site(build: Build) -> Site:
    """The real editions alone."""
    return build(types=(), real_editions=True)


@pytest.fixture(scope="module")
def both_site(build: Build) -> Site:
    """The real editions, and a synthetic sample."""
    return build(synthetic=True, real_editions=True)


@pytest.fixture(scope="module")
def own_site(build: Build) -> Site:
    """Complete extracts taken as real, with the published series made by hand."""
    return build(has_release=True)


@pytest.fixture(scope="module")
def pages(
    browser: Browser, real_site: Site, both_site: Site, own_site: Site
) -> Iterator[dict[str, Opened]]:
    """The page of each site, that of the sample where it is below the real editions."""
    with (
        real_site.opened(browser) as real,
        both_site.opened(browser, "echantillon/index.html") as sample,
        own_site.opened(browser) as own,
    ):
        yield {"real": real, "sample": sample, "own": own}


@pytest.fixture
def real(pages: dict[str, Opened]) -> Opened:
    return pages["real"].reset()


@pytest.fixture
def sample(pages: dict[str, Opened]) -> Opened:
    return pages["sample"].reset()


@pytest.fixture
def own(pages: dict[str, Opened]) -> Opened:
    return pages["own"].reset()


def says_nothing_odd(opened: Opened) -> None:
    assert not re.search(r"NaN|undefined|null|Infinity|\[object", opened.text("body"))
    assert opened.messages == []


# ---- What the page opens on


def test_page_opens_on_the_real_figure(real: Opened) -> None:
    assert real.text("#headline") == (
        "France : 152 922 personnes en juin 2022, maximum de la série"
    )
    tiles = real.text("#tiles")
    assert "Avril 2020 85 361 −35,8 % depuis février 2020" in tiles
    assert "Pour 10 000 habitants 22,4 hors Mayotte" in tiles
    deck = real.text("#headline-deck")
    assert "Mayotte comprise" in deck
    assert "146 311 personnes en septembre 2022, chiffre fragile" in deck
    assert real.text(".facts").startswith(
        "Source Baromètre des résultats de l’action publique (DITP, Etalab), "
        "édition du 18 janvier 2023"
    )
    assert "Fréquence mensuelle jusqu’en janvier 2023" in real.text(".facts")
    for fact in ("Mise à jour", "Licence Licence Ouverte 2.0", "Producteur", "Contact"):
        assert fact in real.text(".facts")
    says_nothing_odd(real)


def test_page_asks_for_nothing_outside_its_folder(real: Opened) -> None:
    assert {url.split(":")[0] for url in real.requests} <= {"file", "data"}
    assert real.page.get_attribute("html", "lang") == "fr"


def test_sections_without_data_are_absent(real: Opened, own: Opened) -> None:
    for section in ("#types", "#pays", "#declarations", "#disions", "#ecart", "#echantillon"):
        assert real.page.locator(section).count() == 0, section
    assert "l’effectif par type de structure" in real.text("#missing-extracts")
    assert real.page.locator("#measure").is_hidden()
    assert own.page.locator("#types").is_visible()
    assert own.page.locator("#ecart").is_visible()
    assert own.page.locator("#missing-extracts").count() == 0


def test_headline_is_the_same_without_scripts(browser: Browser, real_site: Site) -> None:
    with real_site.opened(browser, java_script_enabled=False) as opened:
        assert opened.text("#headline") == (
            "France : 152 922 personnes en juin 2022, maximum de la série"
        )
        assert opened.page.locator("#plain-country tbody tr").count() == 69
        assert opened.text("#plain-country tbody tr:nth-child(1)") == (
            "septembre 2022 146 311 provisoire"
        )
        assert opened.page.locator("#plain-departments tbody tr").count() == 101
        assert "Nord 9 206 35,2" in opened.text("#plain-departments")
        for frame in (".chart", "#bar", "#tiles", "figure", ".map-layout"):
            assert not opened.page.locator(frame).first.is_visible(), frame
        assert opened.page.locator("#claims").is_visible()


def test_our_complete_series_leads_and_the_published_one_is_compared(own: Opened) -> None:
    """March 2022, rank 29, is three months old: 100 x (the bases + 7 x 29) + 7 x (0 + … + 99)."""
    official = 100 * (sum(BASE.values()) + 7 * 29) + 7 * 4950
    assert official == 166_950
    assert own.text("#headline") == f"France : {french(official)} personnes en mars 2022"
    # Before 2021: ours is 100 x (1000 + 4 m) + 19 800 and theirs 100 x (1000 + m), m from 0 to 14.
    assert own.text("#ecart-title") == (
        "France : d’octobre 2019 à décembre 2020, le périmètre constant est en moyenne "
        "21,7 % au-dessus de la série publiée"
    )
    assert "Mayotte est retirée" in own.text("#ecart-deck")
    # ACI: 100 x (400 + 29) + 4950 = 47 850 of 166 950.
    assert own.text("#types-title") == (
        "France : les ateliers et chantiers d’insertion rassemblent 28,7 % des personnes "
        "en mars 2022"
    )
    says_nothing_odd(own)


def test_published_series_leads_where_ours_is_not_complete(browser: Browser, build: Build) -> None:
    """Without ITI, so without a complete official scope, and without Lozère."""
    types = tuple(name for name in BASE if name != "ITI")
    partial_site = build(types=types, without_department="D48")
    with partial_site.opened(browser) as opened:
        # March 2022, the fourth month from the end of an edition: 100 x (1000 + 29) + 7.
        assert opened.text("#headline").startswith("France : 102 907 personnes en mars 2022")
        opened.choose(measure="official")
        assert opened.text("#month-name") == "décembre 2020"
        assert "pas de chiffre en mars 2022, mois montré : décembre 2020" in opened.text("#moved")
        # The wish is kept: the month comes back with a series that has it.
        opened.choose(measure="ACI")
        assert opened.text("#month-name") == "mars 2022"
        assert not opened.page.locator("#moved").is_visible()
        assert opened.page.locator("#measure option[value=ITI]").count() == 0
        # A department without data is not a zero.
        assert "pas de données" in opened.text("#map-legend")
        assert "1 département sans données." in opened.text("#map-deck")
        opened.choose(territory="D48")
        assert opened.text("#ranking tr[data-id=D48]") == "– Lozère – – –"
        assert opened.text("#headline") == "Lozère : pas de chiffre en mars 2022"
        assert not opened.page.locator("#courbe").is_visible()
        says_nothing_odd(opened)


def test_nothing_loaded_is_said(browser: Browser, build: Build) -> None:
    with build(types=(), published=False).opened(browser) as opened:
        assert "Aucun fichier n’est chargé" in opened.text("#nothing-loaded")
        assert opened.messages == []


# ---- Every figure is SQL's

TEN = ("FR", "R32", "R94", "D59", "D48", "D75", "D2A", "D974", "D01", "D13")
# What the real editions alone lead with, and the sample below them.
STOCKS = {
    "real": "from marts.fct_published_stock where is_latest_edition",
    "sample": "select *, official_stock as stock from marts.fct_composite_stock",
}


def expected_figures(opened: Opened, stocks: str, territory: str, month: str) -> dict[str, str]:
    """The figures of a territory, computed in SQL from the file, as a French reader writes them."""
    [(name, stock, rate, low, before_low, rank, among)] = opened.sql(
        f"""
        with
            stocks as (
                select month, territory_id, territory_name, population, stock,
                    rank() over (partition by month, territory_level order by stock desc) as rank,
                    count(*) over (partition by month, territory_level) as among,
                    -- Mayotte has no population, so it is not in the rate of the country.
                    if(territory_id = 'FR', coalesce(
                        sum(stock) filter (territory_id = 'D976') over (partition by month), 0
                    ), 0) as nb_without_rate
                from ({stocks})
                inner join marts.dim_territories using (territory_id)
            )
        select now.territory_name, now.stock,
            10000.0 / now.population * (now.stock - now.nb_without_rate),
            low.stock, before_low.stock, now.rank, now.among
        from stocks as now
        inner join stocks as low using (territory_id)
        inner join stocks as before_low using (territory_id)
        where
            territory_id = $territory and now.month = $month
            and low.month = '2020-04-01' and before_low.month = '2020-02-01'
        """,
        territory=territory,
        month=month,
    )
    figures = {
        "headline": f"{name.replace(chr(39), '’')} : {french(stock)} personnes en juin 2022",
        "rate": french(rate, 2 if rate < 2 else 1),
        "low": french(low),
        "fall": f"{signed(100 * (low - before_low) / before_low, 1)} %",
    }
    if territory != "FR":
        figures["rank"] = f"{rank}{('re' if territory[0] == 'R' else 'er') if rank == 1 else 'e'}"
        figures["among"] = f"sur {among} "
    return figures


@pytest.mark.parametrize("page_name", STOCKS)
def test_figures_of_ten_territories_are_those_of_sql(
    pages: dict[str, Opened], page_name: str
) -> None:
    opened = pages[page_name].reset()
    nb_compared = 0
    for territory in TEN:
        opened.choose(territory=territory, month="2022-06")
        expected = expected_figures(opened, STOCKS[page_name], territory, "2022-06-01")
        assert opened.text("#headline").startswith(expected.pop("headline")), territory
        tiles = opened.text("#tiles")
        for what, figure in expected.items():
            assert figure in tiles, (territory, what, figure, tiles)
        nb_compared += 1 + len(expected)
    assert nb_compared >= 58


def test_real_figures_are_the_same_with_a_sample_below(real_site: Site, both_site: Site) -> None:
    alone, above = (
        re.search(r'id="data">(.+?)</script>', (site.folder / "index.html").read_text())
        for site in (real_site, both_site)
    )
    assert alone
    assert above
    assert json.loads(alone[1]) == json.loads(above[1])


def test_ranking_of_departments_is_that_of_sql(real: Opened) -> None:
    real.page.click("#ranking-more")
    rows = [
        [plain(cell) for cell in row.locator("td, th").all_inner_texts()[:4]]
        for row in real.page.locator("#ranking tbody tr").all()
    ]
    expected = real.sql(
        """
        select rank() over (order by stock / population desc), territory_name, stock,
            10000.0 * stock / population
        from marts.fct_published_stock
        inner join marts.dim_territories using (territory_id)
        where
            is_latest_edition and month = '2022-06-01' and territory_level = 'departmental'
            and population is not null
        """
    )
    assert len(rows) == 101
    known = {row[1]: row for row in rows if row[0] != "–"}
    assert len(known) == len(expected) == 100
    for rank, name, stock, rate in expected:
        shown = known[name.replace("'", "’")]
        assert shown[0].split()[0] in (f"{rank}e", "1er" if rank == 1 else f"{rank}e")
        assert shown[2:] == [french(stock), french(rate, 1)]
    assert rows[-1][1:] == ["Mayotte", "520", "–"]


def test_nord_is_where_the_file_puts_it(real: Opened) -> None:
    real.choose(territory="D59")
    assert real.text("#headline").startswith("Nord : 9 206 personnes en juin 2022")
    assert "1er sur 101 départements ; 1er des 5 de la région ; 16e pour 10 000" in real.text(
        "#tiles"
    )
    assert "contre 36,9 (Hauts-de-France), 22,4 (France)" in real.text("#tiles")


def test_claims_of_the_note_are_given_by_edition(real: Opened) -> None:
    rows = real.rows("#claims tbody tr")
    # 2021-05-07, -07-23, -12-21 do not have the nine months of 2021; the last three do.
    assert rows[0].endswith("−36 % −35,7 % −35,7 % −35,8 % −35,8 % −35,8 % −35,8 %")
    assert rows[1].split("+18 000 ")[1].startswith("– – – +")
    assert [row.count("–") for row in rows] == [0, 3, 3, 3]
    assert rows[1].endswith("+18 447 +18 710")
    assert rows[2].endswith("+14,9 % +15,1 %")
    assert rows[3].endswith("+5,4 % +5,6 %")


def test_revisions_by_age_are_recomputed(real: Opened) -> None:
    """Row by row in Python: departments, each edition against the one before."""
    stocks: dict[date, dict[tuple[str, date], int]] = {}
    for edition, month, territory, stock in real.sql(
        "select edition, month, territory_id, stock from marts.fct_published_stock "
        "where territory_id like 'D%'"
    ):
        stocks.setdefault(edition, {})[territory, month] = stock
    sizes: dict[int, list[float]] = {}
    editions = sorted(stocks)
    for before, after in pairwise(editions):
        last = max(month for _, month in stocks[before])
        for (territory, month), stock in stocks[before].items():
            rank = (last.year - month.year) * 12 + last.month - month.month + 1
            if rank <= 6 and stock:
                moved = abs(stocks[after][territory, month] - stock) / stock
                sizes.setdefault(rank, []).append(moved)
    for rank, values in sizes.items():
        shown = real.text(f"#ages tbody tr:nth-child({rank})")
        assert f" {french(100 * median(values), 1)} % " in f"{shown} ", (rank, shown)


def test_median_is_the_mean_of_the_two_in_the_middle(own: Opened) -> None:
    own.choose(measure="ACI", by="stock")
    # 100 departments of 400 + 29 + their rank, from 0 to 99.
    assert "Médiane des départements : 478,5." in own.text("#map-deck")


def test_ties_share_their_rank(own: Opened) -> None:
    """In the published series made by hand, all departments but Mayotte have as many people."""
    own.choose(measure="published", by="stock", territory="D59")
    assert own.text("#ranking tbody tr:nth-child(1)").startswith("1er ex æquo Ain 1 029")
    assert "100 départements à égalité, en tête des départements" in own.text("#map-title")
    assert own.text("#ranking tbody tr.selected").startswith("1er ex æquo Nord")
    assert "1er ex æquo sur 101 départements" in own.text("#tiles")
    own.choose(sort="name", ascending=False)
    own.page.click("#ranking-more")
    assert own.text("#ranking tbody tr.selected").startswith("1er ex æquo Nord")
    assert own.text("#ranking tbody tr[data-id=D976]").startswith("101e Mayotte 7")


def test_change_is_not_given_across_the_break(real: Opened, own: Opened) -> None:
    real.choose(month="2021-06")
    assert "non comparable : le champ n’était pas le même" in real.text("#tiles")
    assert "Évolution sur un an" not in real.text("#ranking-title")
    real.choose(by="percent")
    assert real.text("#map-title") == "Évolution sur un an : non comparable en juin 2021"
    real.choose(month="2022-06")
    # ITI is full from December 2021 on: until a year later, part of a rise is its filling.
    assert "+1 352 +0,9 % depuis juin 2021 ; en partie le programme ITI" in real.text("#tiles")
    assert "En partie le programme ITI" in real.text("#map-deck")
    own.choose(measure="constant", by="percent")
    assert "ITI" not in own.text("#tiles") + own.text("#map-deck")


def test_hatched_departments_are_in_the_legend(real: Opened, own: Opened) -> None:
    assert "pas de données ou de taux" in real.text("#map-legend")
    for by in ("rate", "stock", "percent"):
        own.choose(measure="ACI", by=by)  # Mayotte is outside the coverage of our own figures
        assert "hors du champ" in own.text("#map-legend"), by
        assert own.page.evaluate("nameOfCode('976')") == "Mayotte (976)"


def test_apostrophes_are_typographic(real: Opened, both_site: Site) -> None:
    page = (both_site.folder / "index.html").read_text()
    [sample] = re.findall(r'<table id="sample">.*?</table>', page, re.DOTALL)
    assert "d’insertion" in sample
    assert "'" not in re.sub(r"<[^>]+>", "", sample)
    assert not re.search(r"\w'\w", real.text("main"))


# ---- Charts


@pytest.mark.parametrize("page_name", ["real", "own", "sample"])
def test_every_chart_is_drawn_and_answers_the_pointer(
    pages: dict[str, Opened], page_name: str
) -> None:
    opened = pages[page_name].reset()
    charts = opened.page.locator(".chart").all()
    assert len(charts) == {"real": 4, "own": 18, "sample": 16}[page_name]
    for chart in charts:
        name = chart.get_attribute("id")
        assert chart.get_attribute("role") == "img"
        assert len(chart.get_attribute("aria-label") or "") > 30, name
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box is not None
        for share in (0.55, 0.62):
            opened.page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        opened.page.wait_for_selector("#vg-tooltip-element.visible", timeout=4000)
        shown = opened.text("#vg-tooltip-element")
        assert "undefined" not in shown, (name, shown)
        assert re.search(r"\d", shown), (name, shown)
        cut = opened.page.evaluate(
            """() => [...document.querySelectorAll("#vg-tooltip-element td")]
                .filter((cell) => cell.scrollWidth > cell.clientWidth + 1)
                .map((cell) => cell.textContent)"""
        )
        assert cut == [], name
        opened.page.mouse.move(2, 2)
    says_nothing_odd(opened)


def test_every_view_of_the_curve_is_drawn(real: Opened) -> None:
    real.choose(territory="D59", other="D62")
    for view, legend in {
        "stock": "Nord Pas-de-Calais provisoire",
        "rate": "Nord Pas-de-Calais Hauts-de-France France provisoire",
        "index": "Nord Pas-de-Calais Hauts-de-France France provisoire",
        "season": "2017 2018 2019 2020 2021 2022",
    }.items():
        real.choose(view=view)
        assert real.text("#courbe-legend") == legend
        nb_lines = len(legend.replace(" provisoire", "").split())
        assert real.page.locator("#courbe .mark-line path").count() >= nb_lines
    says_nothing_odd(real)


def test_break_provisional_months_and_the_low_are_drawn(real: Opened) -> None:
    chart = real.text("#courbe .chart")
    assert "janv. 2021 : rupture" in chart
    assert "avril 2020 : 85 361" in chart
    dashes = [
        path.get_attribute("stroke-dasharray") or ""
        for path in real.page.locator("#courbe .mark-line path").all()
    ]
    assert len(dashes) == 3  # cut at the break; the three last months are dashed
    assert sum("3" in dash for dash in dashes) == 1


@pytest.mark.parametrize("highest", [0, 1, 2, 3, 7, 59, 85_361, 152_922])
def test_axes_of_people_have_whole_and_distinct_steps_from_zero(real: Opened, highest: int) -> None:
    ticks = real.page.evaluate("(highest) => ticksTo(highest, 5, true)", highest)
    assert ticks[0] == 0
    assert ticks[-1] >= max(1, highest)
    assert len(ticks) == len(set(ticks)) >= 2
    assert all(tick == round(tick) for tick in ticks)


def test_a_chart_of_zeros_stands_on_its_axis(real: Opened) -> None:
    real.choose(territory="D976")  # 0 throughout 2017
    labels = real.page.locator("#courbe .role-axis-label text").all_text_contents()
    numbers = [label for label in labels if re.fullmatch(r"[\d\s]+", label) and len(label) < 4]
    assert len(numbers) == len(set(numbers))


def test_editions_have_colours_of_their_own_in_order(real: Opened) -> None:
    colours = real.page.evaluate(
        """() => [...document.querySelectorAll("#revisions-legend .line-key")]
            .map((key) => getComputedStyle(key).borderTopColor)"""
    )
    assert len(colours) == len(set(colours)) == 6
    assert "rupture" in real.text("#revisions .chart")
    labels = real.page.locator("#revisions .role-axis-label text").all_text_contents()
    assert "janv. 2021" in labels
    assert "ne part pas de zéro" in real.text("#revisions .note")


def test_few_people_are_not_put_in_shares_and_small_rates_are_not_zero(own: Opened) -> None:
    evaluate = own.page.evaluate
    title = evaluate(
        """() => typesTitle({ name: "Lozère" }, types.slice(0, 3), () => 1, 3, state.month)"""
    )
    assert (
        plain(title)
        == "Lozère : les ACI, les AI et les EI rassemblent chacun 1 personne sur 3 en mars 2022"
    )
    assert evaluate("anyRate(0.0038)") == "moins de 0,01"
    assert evaluate("anyRate(0)") == "0,00"
    assert plain(evaluate("changeInWords(119.4, 240, 'qu’en juin 2021')")) == (
        "multiplié par 2,2 depuis juin 2021"
    )


# ---- The country beside the stock, and what was said before


def test_country_is_told_beside_the_stock(own: Opened) -> None:
    own.choose(territory="D59")  # whatever is chosen
    # 2021 is the ranks 15 to 26: 100 x 1000 + 400 x 20.5 + 4 x 4950, and twice the stock of 26.
    assert own.text("#pays-title") == (
        "France, 2021, à périmètre constant : 128 000 personnes en moyenne un mois donné, "
        "260 400 différentes dans l’année"
    )
    assert own.rows("#personnes-table tbody tr")[:2] == [
        "2022 (6 mois) 131 600 132 600 265 200",
        "2021 128 000 130 200 260 400",
    ]
    card = own.text("#mouvements-cards .card:nth-child(1)")
    assert "129 entrées dont 30 retours ; 29 sorties" in card
    own.choose(month="2022-06")
    assert "132 entrées dont 30 retours ; 32 sorties (provisoire)" in own.text("#mouvements-cards")
    # 48 150 people of ACI in June, 200 structures.
    assert "insertion 200 48 150 240,8" in own.text("#structures-table")
    assert own.rows("#declarations-table tbody tr") == [
        f"{month} 2022 " + " ".join([f"{rate},0 %"] * 6)
        for month, rate in (("juin", 85), ("mai", 90), ("avril", 95))
    ]
    own.choose(measure="EI")
    assert own.text("#declarations-table tbody tr:nth-child(1)") == "juin 2022 85,0 %"
    own.choose(measure="published")
    assert not own.page.locator("#declarations").is_visible()
    says_nothing_odd(own)


def test_what_our_editions_said_of_a_month_is_told(own: Opened) -> None:
    own.choose(measure="ACI")
    assert own.text("#disions-title") == "Ce que nous disions : France, mars 2022"
    assert own.rows("#disions-table tbody tr") == [
        "1er juin 2022 47 750 –",
        "1er juillet 2022 47 850 +100",
    ]
    own.choose(territory="D59")  # not revised
    assert [row[-1] for row in own.rows("#disions-table tbody tr")] == ["–", "0"]
    own.choose(month="2022-06")  # not said in June
    assert own.page.locator("#disions-table tbody tr").count() == 1
    own.choose(measure="published")
    assert not own.page.locator("#disions").is_visible()


def test_every_table_can_be_downloaded(real: Opened, own: Opened) -> None:
    for opened in (real, own):
        without = opened.page.evaluate(
            """() => {
                for (const one of document.querySelectorAll("main details")) one.open = true;
                const reached = [...document.querySelectorAll("[data-table]")].map((button) =>
                    button.closest("details")?.querySelector("table")
                    ?? (button.dataset.table === "classement"
                        ? document.querySelector("#ranking table") : byId(button.dataset.table)));
                return [...document.querySelectorAll("main table")]
                    .filter((one) => !one.closest(".print-only, noscript, #echantillon"))
                    .filter((one) => one.id !== "downloads" && !reached.includes(one))
                    .map((one) => one.outerHTML.slice(0, 80));
            }"""
        )
        opened.page.wait_for_timeout(50)
        assert without == []
        opened.page.evaluate(
            "for (const one of document.querySelectorAll('main details')) one.open = false"
        )
    own.choose(territory="D59")
    path = own.saved("#structures [data-table]")
    assert path.name == "iae_structures-table_FR_2022-03.csv"
    assert "EITI – Entreprises d’insertion par le travail indépendant;5;" in path.read_text(
        "utf-8-sig"
    )


def test_a_figure_names_its_own_source_whatever_is_chosen(own: Opened) -> None:
    for measure in ("published", "ACI"):
        own.choose(measure=measure)
        for figure, is_published in (
            ("revisions", True),
            ("mouvements", False),
            ("par-type", False),
        ):
            line = own.page.evaluate("(id) => sourceLine(byId(id))", figure)
            assert ("Baromètre" in line) == is_published, (measure, figure)
            assert ("Extraits de l’ASP" in line) != is_published, (measure, figure)


# ---- Map and ranking


def test_map_has_a_value_for_each_of_the_101_departments(real: Opened) -> None:
    fills = real.fills()
    assert len(fills) == 101
    # Mayotte has no population, so no rate.
    assert sum(fill.startswith("url(#hatch") for fill in fills) == 1
    assert "Mayotte compte 520 personnes" in real.text("#map-deck")
    real.choose(by="stock")
    assert not any(fill.startswith("url(") for fill in real.fills())
    assert len(set(real.fills())) == 6
    real.choose(territory="D976", by="rate")
    assert real.text("#headline").startswith("Mayotte : 520 personnes en juin 2022")
    assert real.page.locator("#map-paris .mark-shape path").count() == 4


def test_choosing_on_the_map_and_in_the_ranking_keeps_the_focus(real: Opened) -> None:
    real.page.locator("#map-paris .mark-shape path").first.click()
    real.page.wait_for_function("['D75','D92','D93','D94'].includes(state.territory)")
    for selector, focus in (
        ("#ranking tbody tr:nth-child(3) th button", None),
        ("#ranking thead th:nth-child(3) button", "sort-stock"),
        ("#ranking thead th:nth-child(2) button", "sort-name"),
    ):
        button = real.page.locator(selector)
        focus = focus or str(button.get_attribute("data-focus"))
        button.focus()
        real.page.keyboard.press("Enter")
        real.page.wait_for_timeout(150)
        assert real.page.evaluate("document.activeElement.dataset.focus") == focus
    assert real.page.get_attribute("#ranking thead th:nth-child(2)", "aria-sort") == "ascending"


def test_map_and_title_follow_the_territory(real: Opened) -> None:
    real.choose(territory="D59")
    assert real.text("#map-deck").startswith("Nord : 16e, 35,2.")
    real.choose(territory="R32")
    strokes = [path.get_attribute("stroke") for path in real.page.query_selector_all(DEPARTMENTS)]
    assert strokes.count("#161616") == 5  # the departments of Hauts-de-France
    real.choose(level="regional")
    assert real.text("#map-title") == (
        "Martinique, en tête des régions en juin 2022 : 45,3 personnes pour 10 000 habitants"
    )
    assert real.page.locator("#ranking tbody tr").count() >= 15
    assert real.text("#ranking tbody tr.selected").startswith("2e Hauts-de-France 22 085 36,9")


def test_ranking_is_filtered_by_name_and_region(real: Opened) -> None:
    real.page.fill("#filter", "isere")
    assert real.page.locator("#ranking tbody tr").count() == 1
    assert "Isère" in real.text("#ranking tbody")
    real.page.fill("#filter", "")
    real.page.select_option("#region", "R94")
    real.page.wait_for_function("document.querySelectorAll('#ranking tbody tr').length === 2")
    assert "Corse-du-Sud" in real.text("#ranking tbody")
    assert real.text("#ranking-count") == "2 départements sur 101"


# ---- What is chosen: address, picker, announcements


def test_address_says_what_is_chosen_and_back_works(real: Opened) -> None:
    page = real.page
    real.choose(territory="D59")
    real.choose(by="stock", level="departmental")
    real.choose(month="2021-10")
    real.choose(sort="name")
    address = page.url
    for part in ("territoire=D59", "carte=stock", "mois=2021-10", "tri=name"):
        assert part in address
    headline = real.text("#headline")
    page.go_back()
    page.go_back()
    page.wait_for_function("state.by === 'rate'")
    assert "territoire=D59" in page.url
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    assert real.text("#headline") == headline
    assert page.input_value("#by") == "stock"
    assert page.get_attribute("#ranking thead th:nth-child(2)", "aria-sort") == "ascending"
    page.evaluate("navigator.clipboard.writeText = (text) => { window.copied = text; }")
    page.click("#copy-link")
    assert page.evaluate("window.copied") == address
    assert real.text("#copied") == "Lien copié."


def test_odd_addresses_open_the_page(browser: Browser, real_site: Site) -> None:
    address = "?territoire=D00&mois=1999-01&indicateur=x&vue=%3Cb%3E&niveau=&tri=constructor"
    with real_site.opened(browser, address=address) as opened:
        assert opened.text("#headline").startswith("France : 152 922 personnes en juin 2022")
        says_nothing_odd(opened)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("isère", "Isère"),
        ("isere", "Isère"),
        ("59", "Nord"),
        ("no", "Normandie"),
        ("2a", "Corse-du-Sud"),
        ("cotes d ar", "Côtes-d’Armor"),
        ("mayo", "Mayotte"),
    ],
)
def test_territory_is_found_by_typing(real: Opened, typed: str, found: str) -> None:
    page = real.page
    page.click("#territory")
    page.fill("#territory", typed)
    first = page.locator("#territory-list [role=option]").first
    assert plain(first.inner_text()).startswith(found)
    assert page.get_attribute("#territory", "aria-activedescendant") == first.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "(name) => document.getElementById('headline').textContent.startsWith(name)", arg=found
    )
    assert page.input_value("#territory") == found
    assert page.evaluate("document.activeElement.id") == "territory"
    assert real.text("#status").startswith(f"{found} : ")


def test_picker_lets_go_of_what_is_no_territory(real: Opened) -> None:
    real.page.fill("#territory", "Atlantide")
    assert "Aucun territoire de ce nom" in real.text("#territory-list")
    real.page.keyboard.press("Enter")
    real.page.keyboard.press("Escape")
    assert real.page.input_value("#territory") == "France"
    assert real.page.locator("#territory-list").is_hidden()
    real.page.fill("#territory", "no")
    real.page.keyboard.press("ArrowDown")
    real.page.keyboard.press("Enter")
    real.page.wait_for_function("state.territory !== 'FR'")


def test_slider_is_used_by_keyboard_and_says_its_month(real: Opened) -> None:
    real.page.focus("#month")
    for _ in range(3):
        real.page.keyboard.press("ArrowRight")
    real.page.wait_for_function("months[state.month] === '2022-09'")
    assert real.text("#month-name") == "septembre 2022 (provisoire)"
    assert real.page.get_attribute("#month", "aria-valuetext") == "septembre\u00a02022 (provisoire)"
    assert real.page.is_disabled("#month-after")
    assert "France : 146 311 personnes en septembre 2022 (provisoire)" in real.text("#status")


# ---- What can be taken away


def test_quick_choices_end_on_the_last_one(real: Opened) -> None:
    shown = real.page.evaluate(
        """async () => {
            const choices = ["D59", "D48", "D75", "R94", "D976", "D13"];
            const one = (territory, index) => choose({ territory, month: 30 + index });
            await Promise.all(choices.map(one));
            const nbCharts = document.querySelectorAll("#courbe svg").length;
            return [nbCharts, byId("courbe-title").textContent];
        }"""
    )
    assert shown[0] == 1
    assert shown[1].startswith("Bouches-du-Rhône")
    assert real.text("#headline").startswith("Bouches-du-Rhône : ")
    assert real.messages == []


def test_sentence_to_quote_bears_its_source_and_its_mark(real: Opened) -> None:
    real.choose(territory="D59", month="2022-09")
    assert plain(real.page.evaluate("sentenceToQuote()")) == (
        "Nord : 8 856 personnes en insertion par l’activité économique en septembre 2022 (chiffre "
        "provisoire). Source : Baromètre des résultats de l’action publique (DITP, Etalab), "
        "édition du 18 janvier 2023, Licence Ouverte 2.0."
    )


def test_tables_are_saved_as_french_spreadsheets_open_them(real: Opened) -> None:
    real.choose(territory="D59")
    real.page.click("#courbe summary")
    path = real.saved("#courbe [data-table]")
    assert path.name == "iae_courbe_D59_2022-06.csv"
    content = path.read_bytes().decode()
    assert content.startswith("\ufeffMois;Nord;Nord, pour 10 000 habitants;")
    [june] = [line for line in content.splitlines() if line.startswith("juin 2022")]
    _, stock, rate, change, percent = june.split(";")
    assert (stock, change) == ("9206", "258")
    assert re.fullmatch(r"35,\d+", rate)
    assert percent.startswith("2,88")
    assert len(content.splitlines()) == 70
    ranking = real.saved("#ranking [data-table]").read_bytes().decode().splitlines()
    assert len(ranking) == 102  # all of them, whatever is shown
    assert ranking[1].startswith("1;Allier;2058;61,")
    real.page.click("#courbe summary")


def test_workbook_of_a_territory_holds_its_series(real: Opened, real_site: Site) -> None:
    real.choose(territory="D59")
    href = real.page.get_attribute("#territory-workbook", "href")
    assert href == "fichiers/D59.xlsx"
    workbook = CalamineWorkbook.from_path(real_site.folder / str(href))
    assert workbook.sheet_names == ["Lisez-moi", "Séries", "Éditions"]
    rows = workbook.get_sheet_by_name("Séries").to_python()
    assert rows[0][:2] == ["Mois", "Série publiée"]
    expected = real.sql(
        "select month, stock from marts.fct_published_stock "
        "where is_latest_edition and territory_id = 'D59' order by month"
    )
    assert [(row[0], row[1]) for row in rows[1:]] == expected
    assert [row[3] for row in rows[-4:]] == ["non", "oui", "oui", "oui"]
    about = workbook.get_sheet_by_name("Lisez-moi").to_python()
    told = plain(" ".join(str(cell) for row in about for cell in row))
    assert "édition du 18 janvier 2023" in told
    assert "Licence Ouverte 2.0" in told
    nb_books = len(list((real_site.folder / "fichiers").glob("[FRDN]*.xlsx")))
    assert nb_books == 1 + 18 + 101
    whole = CalamineWorkbook.from_path(real_site.folder / "fichiers" / "tous-les-territoires.xlsx")
    sheet = whole.get_sheet_by_name("Série publiée").to_python()
    assert len(sheet) == 70
    assert sheet[0].count("Nord") == 1
    assert sheet[66][sheet[0].index("Nord")] == 9206


@pytest.mark.parametrize("figure", ["courbe", "carte", "revisions"])
def test_charts_are_saved_with_title_source_date_and_licence(real: Opened, figure: str) -> None:
    _, shown = real.saved_picture(f"#{figure}")
    title = real.page.evaluate("(id) => byId(byId(id).dataset.title).textContent", figure)
    assert plain(title) in shown
    assert "Source : Baromètre des résultats de l’action publique" in shown
    assert "édition du 18 janvier 2023" in shown
    assert "Licence Ouverte 2.0" in shown
    assert "Mis à jour le" in shown
    png = real.saved(f"#{figure} [data-picture=png]").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 1920
    assert len(png) > 20_000


def test_charts_of_types_are_saved_together(own: Opened) -> None:
    _, shown = own.saved_picture("#par-type")
    assert all(f"{name} : " in shown for name in BASE)
    assert "Diffusion restreinte : chiffres exacts" in shown
    # ACI in March 2022: 100 x (400 + 29) + 4950.
    assert "ACI : 47 850 personnes" in shown
    svg, shown = own.saved_picture("#mouvements")
    assert "France : entrées et sorties par type de structure en mars 2022" in shown
    assert shown.count("129 entrées dont 30 retours ; 29 sorties") == 6
    widths = [
        float(width)
        for width in re.findall(r'<svg x="[\d.]+" y="[\d.]+"[^>]* width="([\d.]+)"', svg)
    ]
    assert len(widths) == 6
    assert max(widths) < 300  # three in a row


def test_page_describes_its_data_to_machines(real: Opened, sample: Opened) -> None:
    [told] = real.page.locator("script[type='application/ld+json']").all_text_contents()
    dataset = json.loads(told)
    assert dataset["@type"] == "Dataset"
    assert dataset["temporalCoverage"] == "2017-01/2022-09"
    assert "18\u00a0janvier\u00a02023" in dataset["isBasedOn"]
    assert dataset["distribution"][0]["contentUrl"] == "fichiers/published_stock.csv"
    assert sample.page.locator("script[type='application/ld+json']").count() == 0


def test_one_figure_can_stand_in_another_site(browser: Browser, real_site: Site) -> None:
    address = "?territoire=D59&figure=carte"
    with real_site.opened(browser, address=address) as opened:
        assert opened.page.locator("#carte").is_visible()
        for hidden in (".masthead", "#courbe", "#ranking", "#donnees", "footer", "#bar"):
            assert not opened.page.locator(hidden).first.is_visible(), hidden
        assert "Source : Baromètre" in opened.text("#embed")
        link = opened.page.get_attribute("#embed a", "href")
        assert str(link).endswith("index.html?territoire=D59")
        assert opened.messages == []


def test_the_method_is_written_from_the_tables_of_types_and_scopes() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema open_data;
            create table open_data.structure_types as
            from (values
                ('ETTI', 'Entreprises', 'worked_in_month', date '2017-01-01'),
                ('ACI', 'Ateliers d''insertion', 'present_last_day', date '2017-01-01'),
                ('ITI', 'Programme', 'entered_recently', date '2021-01-01'),
                ('EITI', 'Indépendants', 'present_last_day', date '2019-12-01')
            ) as types (structure_type, label, stock_rule, first_month);
            create table open_data.composite_scopes as
            from (values
                ('official', 'ITI', date '2021-01-01'), ('official', 'ETTI', date '2017-01-01'),
                ('official', 'EITI', date '2020-03-01'), ('official', 'ACI', date '2017-01-01'),
                ('constant', 'ACI', date '2022-01-01')
            ) as scopes (scope, structure_type, first_month);
            """
        )
        method = read_method(Marts(connection))
    # The constant scope begins later here: that is no break of the official one.
    assert (method.break_month, method.entering) == (date(2021, 1, 1), "ITI")
    assert {scope: plain(said) for scope, said in method.scopes.items()} == {
        "official": "ACI et ETTI, plus EITI depuis mars 2020, plus ITI depuis janvier 2021",
        "constant": "ACI",
    }
    assert [types for types, _ in method.rules] == ["ACI et EITI", "ETTI", "ITI"]
    assert method.names[:2] == [("ACI", "ateliers d’insertion"), ("ETTI", "entreprises")]


@pytest.mark.parametrize("extension", ["csv", "parquet"])
def test_downloads_hold_the_rows_of_the_tables(own_site: Site, extension: str) -> None:
    tables = [
        *("published_stock", "published_revisions", "composite_stock", "reconciliation"),
        *("stock_by_structure_type", "territories", "structure_types", "extracts"),
        *("flows_by_structure_type", "people_by_year", "structures_by_structure_type"),
        "declarations",
    ]
    files = sorted(path.stem for path in (own_site.folder / "fichiers").glob(f"*.{extension}"))
    assert files == sorted([*tables, *(["dictionnaire"] if extension == "csv" else [])])
    with duckdb.connect(str(own_site.database), read_only=True) as connection:
        for name in tables:
            path = own_site.folder / "fichiers" / f"{name}.{extension}"
            table = connection.table(f"open_data.{name}")
            types = dict(zip(table.columns, map(str, table.types), strict=True))
            saved = f"read_csv('{path}', types = {types})" if extension == "csv" else f"'{path}'"
            [(rows, both, of_file)] = connection.execute(
                f"""
                select
                    (select count(*) from open_data.{name}),
                    (select count(*) from (from open_data.{name} intersect all from {saved})),
                    (select count(*) from {saved})
                """
            ).fetchall()
            assert rows == both == of_file > 0, name
    links = re.findall(r'href="(fichiers/[^"]+)"', (own_site.folder / "index.html").read_text())
    assert all((own_site.folder / link).exists() for link in links)


def test_files_read_in_r_and_describe_their_columns(own_site: Site) -> None:
    folder = own_site.folder / "fichiers"
    published = (folder / "published_stock.csv").read_text()
    assert {line.rsplit(",", 1)[1] for line in published.splitlines()[1:]} == {"TRUE", "FALSE"}
    dictionary = (folder / "dictionnaire.csv").read_bytes().decode()
    assert dictionary.startswith("\ufefftable;colonne;type;unité;description\r\n")
    assert "reconciliation;difference_rate;double;rapport (0,123 vaut 12,3 %)" in dictionary
    assert "composite_stock;constant_change_percent;double;pour cent" in dictionary
    assert "composite_stock;constant_stock;bigint;personnes" in dictionary


# ---- Synthetic figures are apart


def test_synthetic_figures_are_below_apart_and_marked(
    browser: Browser, both_site: Site, real_site: Site, sample: Opened
) -> None:
    with both_site.opened(browser) as opened:
        assert opened.page.evaluate("measures.map(({ id }) => id)") == ["published"]
        assert opened.page.locator("main > section").last.get_attribute("id") == "echantillon"
        assert "Données fictives" in opened.text("#echantillon .banner")
        assert opened.page.locator("#echantillon .chart, #echantillon svg").count() == 0
        assert opened.page.locator("body > .banner").count() == 0
        files = {path.name for path in (both_site.folder / "fichiers").iterdir()}
        assert files == {path.name for path in (real_site.folder / "fichiers").iterdir()}
        opened.page.click("#echantillon a")
        opened.page.wait_for_selector("body.is-synthetic[data-ready]")
    assert "Données fictives" in sample.text("aside.synthetic")
    assert "published" not in sample.page.evaluate("measures.map(({ id }) => id)")
    assert sample.page.locator("#publiee, #claims, #ecart").count() == 0
    assert sample.page.evaluate("sentenceToQuote()").startswith("DONNÉES FICTIVES.")
    assert sample.page.title().startswith("Données fictives")


def test_synthetic_files_bear_their_own_names_and_a_mark(both_site: Site, sample: Opened) -> None:
    folder = both_site.folder / "echantillon" / "fichiers"
    names = [path.name for path in folder.iterdir()]
    assert names
    assert all(name.startswith("fictif_") for name in names)
    header, first, *_ = (folder / "fictif_stock_by_structure_type.csv").read_text().splitlines()
    assert header.endswith(",is_synthetic")
    assert first.endswith(",TRUE")
    about = CalamineWorkbook.from_path(folder / "fictif_D59.xlsx").get_sheet_by_index(0)
    assert about.to_python()[0] == ["DONNÉES FICTIVES", "Ne pas citer."]
    sample.page.click("#courbe summary")
    path = sample.saved("#courbe [data-table]")
    assert path.name.startswith("fictif_iae_courbe_")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].endswith(";Données")
    assert all(line.endswith(";fictif") for line in lines[1:])
    svg = sample.saved("#courbe [data-picture=svg]")
    assert svg.name.startswith("fictif_")
    assert "DONNÉES FICTIVES" in svg.read_text()


def test_synthetic_figures_alone_open_the_site(build: Build, tmp_path: Path) -> None:
    site = build(synthetic=True, published=False, rounded_to=5)
    with duckdb.connect(str(site.database), read_only=True) as connection:
        [content] = read_contents(Marts(connection), date(2022, 7, 2), tmp_path / "donnees")
    assert content.is_synthetic  # so under their banner, as the page of the sample
    assert not content.is_exact  # rounded, so for everybody


def test_exact_figures_of_ours_are_for_restricted_use(real: Opened, own: Opened) -> None:
    assert "Diffusion restreinte : chiffres exacts" in own.text(".restricted")
    assert real.page.locator(".restricted").count() == 0  # published by the administration


# ---- Windows, paper, readers


@pytest.mark.parametrize("width", [1440, 1024, 640, 390])  # 640: 1280 at 200 %
def test_nothing_is_cut_in_any_window(real: Opened, own: Opened, width: int) -> None:
    for opened in (real, own):
        opened.page.set_viewport_size({"width": width, "height": 900})
        opened.choose(territory="D974" if opened is real else "D01")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        cut = opened.page.evaluate(
            """() => [...document.querySelectorAll("h1, h2, h3, p, select, button, .chart svg")]
                .filter((one) => one.getClientRects().length)
                .filter((one) => !one.closest(".visually-hidden, .table"))
                .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
                .map((one) => one.outerHTML.slice(0, 80))"""
        )
        assert cut == []
        for table in ("#ranking .table", "#downloads", "#extracts"):
            box = opened.page.locator(table).first
            assert box.evaluate("(one) => one.scrollWidth <= one.clientWidth + 1"), table
        for link in opened.page.locator("#bar nav a").all():
            assert link.is_visible()


def test_printed_page_is_one_sheet_with_figure_curve_table_and_source(real: Opened) -> None:
    real.choose(territory="D59")
    pdf = real.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1
    real.page.emulate_media(media="print")
    try:
        printed = real.text("body")
        for part in ("Nord : 9 206 personnes", "juin 2022 9 206 35,2 +258 +2,9 %", "Mis à jour le"):
            assert part in printed
        assert printed.count("2021") >= 7
        for hidden in ("#bar", "#carte", "#donnees", ".tools"):
            assert not real.page.locator(hidden).first.is_visible()
        width = real.page.locator("#courbe svg").first.bounding_box()
        assert width is not None
        assert width["width"] >= 0.9 * 1440 * 0.9
    finally:
        real.page.emulate_media(media="screen")


@pytest.mark.parametrize("page_name", ["real", "sample", "own"])
def test_axe_finds_no_violation(pages: dict[str, Opened], page_name: str) -> None:
    opened = pages[page_name].reset()
    opened.page.click("#courbe summary")
    results = Axe().run(opened.page)
    opened.page.click("#courbe summary")
    assert results.violations_count == 0, results.generate_report()


NO_WORDS = (
    *("stock mensuel", "n’ajoute personne", "hors d’échelle", "Pas de donnée ", "travaillent dans"),
    *("chargé", "extrait", "Issue", "Personnes comptées", "ne dépassent pas"),
)


def test_words_are_those_of_readers(real: Opened, own: Opened) -> None:
    for opened in (real, own):
        shown = opened.text("body")
        for word in NO_WORDS:
            assert word not in shown.replace("Chargés, ils", ""), word


# ---- The folder


def test_page_is_light(real_site: Site, both_site: Site) -> None:
    for index in (real_site.folder / "index.html", both_site.folder / "echantillon" / "index.html"):
        scripts = re.findall(r'<script src="([^"]+)"', index.read_text())
        files = [index, *((index.parent / script).resolve() for script in scripts)]
        assert sum(path.stat().st_size for path in files) < PAGE_BYTES


def test_no_call_home_and_no_local_path(both_site: Site) -> None:
    # Names of schemas, messages of Vega, licences to read: none is fetched.
    allowed = {"www.w3.org", "vega.github.io", "github.com", "scripts.sil.org"}
    allowed |= {"schema.org", "www.etalab.gouv.fr", "www.data.gouv.fr"}
    for path in both_site.folder.rglob("*"):
        if not path.is_file() or path.suffix in (".parquet", ".xlsx"):
            continue
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"https?://([\w.-]+)", text)) <= allowed, path.name
        for local in (PROJECT, both_site.database.parent, Path.home()):
            assert str(local) not in text


def test_departments_drawn_are_those_of_the_published_series() -> None:
    shapes = json.loads((ASSETS / "departments.geojson").read_text())
    codes = sorted(shape["properties"]["code"] for shape in shapes["features"])
    seed = duckdb.sql(
        f"""
        select department_code
        from read_csv('{PROJECT}/seeds/departments.csv', all_varchar = true)
        where is_covered::boolean or department_code = '976'
        order by department_code
        """
    )
    assert codes == [code for (code,) in seed.fetchall()]
    assert len(codes) == 101


def test_colours_are_told_apart_from_their_ground() -> None:
    """WCAG 2.2: 4.5 for text (1.4.3), 3 for the lines of a chart (1.4.11)."""
    colour = dict(re.findall(r"--(\w+): #([0-9a-f]{6});", (ASSETS / "page.css").read_text()))
    for ground in ("paper", "wash"):
        for text in ("ink", "muted", "accent", "alert"):
            assert contrast(colour[text], colour[ground]) >= 4.5
    assert contrast(colour["ink"], colour["warning"]) >= 4.5
    charts = (ASSETS / "charts.js").read_text()
    [lines] = re.findall(r"const COLORS = {(.+?)}", charts)
    [ordered] = re.findall(r"const ORDERED_COLORS = \[(.+?)\]", charts)
    for line in re.findall(r"#([0-9a-f]{6})", lines + ordered):
        assert contrast(line, colour["paper"]) >= 3, line


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_sources_are_told(own: Opened) -> None:
    rows = own.rows("#extracts tbody tr")
    extract = "Agence de services et de paiement (ASP), extranet IAE 1er juillet 2022 juin 2022"
    # An edition covers the months that it holds.
    edition = (
        "Baromètre des résultats de l’action publique (DITP, Etalab) "
        "édition du 20 septembre 2022 juin 2022"
    )
    assert {extract, edition} <= set(rows)


def test_the_rest_of_the_folder_is_left_alone(build: Build) -> None:
    site = build(types=(), published=False)
    catalogue = site.folder / "catalogue" / "index.html"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text("the catalogue")
    release = site.folder / "donnees" / "latest" / "datapackage.json"
    release.parent.mkdir(parents=True)
    release.write_text("the release")
    for _ in range(2):
        assert build_site(site.database, site.folder).has_catalogue
        assert (catalogue.read_text(), release.read_text()) == ("the catalogue", "the release")


def test_what_is_not_a_published_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IaeError, match="nothing is published yet"):
        build_site(tmp_path / "iae.duckdb", tmp_path / "site")
    (tmp_path / "text.duckdb").write_text("not a database")
    with pytest.raises(IaeError, match="not a published file"):
        build_site(tmp_path / "text.duckdb", tmp_path / "site")
    with duckdb.connect(str(tmp_path / "empty.duckdb")):
        pass
    with pytest.raises(IaeError, match="not a published file"):
        build_site(tmp_path / "empty.duckdb", tmp_path / "site")


def test_a_full_disk_is_not_the_fault_of_the_published_file(
    published_sample: Pipeline, tmp_path: Path
) -> None:
    done = published_sample.iae("site", "--out", tmp_path / "site", largest_file=200_000)
    assert done.code == 1
    assert "no room left on the disk" in done.said
    assert "published file" not in done.said
    assert not (tmp_path / "site").exists()
