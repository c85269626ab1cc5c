"""The public page, built from marts made by hand and opened in a real browser without network."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page

from conftest import PROJECT, Pipeline
from iae.site import SiteError, build_site
from site_marts import BASE, write_marts

DEPARTMENTS = "#map-france .mark-shape path"
ASSETS = PROJECT / "scripts" / "iae" / "site" / "assets"


@dataclass
class Opened:
    """A page opened from disk, with all that it said and asked for."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        """Visible text, no-break spaces as plain ones."""
        return re.sub(r"\s+", " ", self.page.inner_text(selector)).strip()

    def fills(self) -> list[str | None]:
        return [path.get_attribute("fill") for path in self.page.query_selector_all(DEPARTMENTS)]

    def choose(self, select: str, value: str) -> None:
        self.page.select_option(select, value)
        self.page.wait_for_timeout(500)


@pytest.fixture
def open_page(browser: Browser):
    """Open a site from disk, the network cut, in a window of some width."""
    contexts = []

    def open_site(folder: Path, width: int = 1280) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.messages.append(message.text))
        opened.page.on("pageerror", lambda error: opened.messages.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto((folder / "index.html").as_uri())
        if opened.page.query_selector("#data"):
            opened.page.wait_for_selector("body[data-ready]")
        return opened

    yield open_site
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_marts(tmp_path_factory.mktemp("marts") / "iae.duckdb")


@pytest.fixture(scope="session")
def site(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "site"
    build_site(database, out)
    return out


def build(folder: Path, **loaded: object) -> Path:
    """A site built from marts where only some things are loaded."""
    build_site(write_marts(folder / "iae.duckdb", **loaded), folder / "site")
    return folder / "site"


def says_nothing_odd(opened: Opened) -> None:
    assert not re.search(r"NaN|undefined|null|Infinity|\[object", opened.text("body"))


def test_page_opens_from_disk_without_network_or_console_message(site: Path, open_page) -> None:
    opened = open_page(site)
    assert opened.messages == []
    assert {url.split(":")[0] for url in opened.requests} <= {"file", "data"}
    assert opened.page.get_attribute("html", "lang") == "fr"
    says_nothing_odd(opened)


def test_every_chart_is_drawn(site: Path, open_page) -> None:
    opened = open_page(site)
    drawn = opened.page.evaluate(
        """() => [...document.querySelectorAll(".chart")].map((chart) => ({
            alternative: chart.getAttribute("aria-label") ?? "",
            role: chart.getAttribute("role"),
            marks: [...chart.querySelectorAll(".mark-line path, .mark-shape path")]
                .filter((path) => path.getTotalLength() > 20).length,
        }))"""
    )
    assert len(drawn) == 1 + len(BASE) + 2 + 2  # scopes, types, maps, published series
    for chart in drawn:
        assert chart["marks"] >= 1, chart
        assert chart["role"] == "img"
        assert len(chart["alternative"]) > 30


def test_titles_state_the_figures(site: Path, open_page) -> None:
    """June 2022 is month 32: France has 100 × (the bases + 7 × 32) + 7 × (0 + … + 99)."""
    opened = open_page(site)
    official = 100 * (sum(BASE.values()) + 7 * 32) + 7 * 4950
    constant = 100 * (1000 + 4 * 32) + 4 * 4950
    assert official == 169050
    assert constant == 132600
    # 2021-06 had the same scope, but the official series is compared from 2022 on: 7 × 12 × 100.
    assert opened.text("#evolution-title") == (
        "France : 169 050 personnes en insertion en juin 2022, "
        "5,2 % de plus qu’en juin 2021 (provisoire)"
    )
    assert "132 600 juin 2022 (provisoire) ; +4 800 sur un an (+3,8 %)" in opened.text("#tiles")
    # March 2022 is the last definitive month: 100 × (1000 + 4 × 29) + 19 800.
    assert "Dernier mois définitif : mars 2022, 131 400 personnes" in opened.text("#evolution-deck")
    # January 2021 is month 15: EITI + GEIQ + ITI = 100 × (10 + 60 + 50 + 3 × 15) + 3 × 4950.
    assert opened.text("#composite-title") == (
        "En janvier 2021, l’élargissement du périmètre officiel ajoute 31 350 personnes"
    )
    # ACI: 100 × (400 + 32) + 4950 = 48 150 of 169 050.
    assert opened.text("#types-title") == (
        "France : les ateliers et chantiers d’insertion comptent 28,5 % des personnes en juin 2022"
    )
    # October 2021 went from 7 + 100 × (1100 + 24) to 7 + 100 × (1000 + 24).
    assert "octobre 2021" not in opened.text("#revisions-title")  # the first of equal revisions
    assert opened.text("#revisions-title") == (
        "La plus forte révision : octobre 2019, de 110 007 (édition du 21 décembre 2021) "
        "à 100 007 (20 septembre 2022)"
    )
    # Before 2021: ours is 100 × (1000 + 4 m) + 19 800 and theirs 100 × (1000 + m), m from 0 to 14.
    assert opened.text("#published-title") == (
        "France : d’octobre 2019 à décembre 2020, le périmètre constant est en moyenne "
        "21,7 % au-dessus de la série publiée"
    )


def test_break_and_provisional_months_are_drawn(site: Path, open_page) -> None:
    opened = open_page(site)
    assert "janv. 2021 : rupture" in opened.text("#composite .chart")
    lines = opened.page.evaluate(
        """() => [...document.querySelectorAll("#composite .mark-line path")].map((path) => ({
            color: path.getAttribute("stroke"), dash: path.getAttribute("stroke-dasharray"),
        }))"""
    )
    dashed = [line["color"] for line in lines if line["dash"] and "3" in line["dash"]]
    assert len(set(dashed)) == 2  # both scopes end provisional
    colors = [line["color"] for line in lines]
    # The official line is cut at 2021-01, the constant one is not: 3 and 2 pieces.
    assert sorted(colors.count(color) for color in set(colors)) == [2, 3]


def test_map_has_a_value_for_each_department(site: Path, open_page) -> None:
    opened = open_page(site)
    fills = opened.fills()
    assert len(fills) == 100
    assert len(set(fills)) == 6  # all classes
    assert "pas de donnée" not in opened.text("#map-legend")
    assert opened.page.locator("#map-paris .mark-shape path").count() == 4
    # 974 has the highest rank but La Réunion is large; Lozère is the smallest department.
    assert opened.text("#map-title").startswith("Lozère, en tête des départements en juin 2022 : ")


def test_pickers_change_the_map(site: Path, open_page) -> None:
    opened = open_page(site)
    before = opened.fills()
    opened.choose("#measure", "EITI")
    assert opened.fills() != before
    by_type = opened.fills()
    assert opened.text("#month-name") == "juin 2022 (provisoire)"
    for _ in range(30):
        opened.page.keyboard.press("Tab")
        if opened.page.evaluate("document.activeElement.id") == "month":
            break
    for _ in range(12):
        opened.page.keyboard.press("ArrowLeft")
    opened.page.wait_for_timeout(500)
    assert opened.text("#month-name") == "juin 2021"
    assert opened.page.get_attribute("#month", "aria-valuetext") == "juin\u00a02021"
    assert opened.fills() != by_type
    assert "juin 2021" in opened.text("#map-title")
    # EITI begins in 2019-12: the slider does not go before it.
    opened.page.keyboard.press("Home")
    opened.page.wait_for_timeout(300)
    assert opened.text("#month-name") == "décembre 2019"
    assert opened.page.is_disabled("#month-before")
    assert opened.messages == []


def test_territory_is_chosen_by_list_ranking_and_map(site: Path, open_page) -> None:
    opened = open_page(site)
    opened.choose("#territory", "D01")
    # Ain has rank 0: the bases + 7 × 32.
    assert opened.text("#evolution-title").startswith("Ain : 1 344 personnes en insertion")
    opened.page.click("#ranking tbody tr:nth-child(2) button")
    opened.page.wait_for_timeout(500)
    second = opened.text("#ranking tbody tr:nth-child(2) th")
    assert opened.text("#evolution-title").startswith(f"{second} : ")
    opened.page.locator("#map-paris .mark-shape path").first.click()
    opened.page.wait_for_timeout(500)
    assert opened.page.input_value("#territory") in {"D75", "D92", "D93", "D94"}
    assert opened.messages == []


def test_ranking_sorts_and_opens(site: Path, open_page) -> None:
    opened = open_page(site)
    assert opened.page.locator("#ranking tbody tr").count() == 15
    opened.page.click("#ranking-more")
    assert opened.page.locator("#ranking tbody tr").count() == 100
    assert opened.page.get_attribute("#ranking-more", "aria-expanded") == "true"
    opened.page.click("#ranking thead button:has-text('Personnes')")
    first = opened.text("#ranking tbody tr:nth-child(1)")
    assert first.startswith("1 La Réunion 2 037")  # rank 99: 1344 + 7 × 99
    assert opened.page.get_attribute("#ranking thead th:nth-child(3)", "aria-sort") == "descending"
    opened.page.click("#ranking thead button:has-text('Personnes')")
    assert opened.text("#ranking tbody tr:nth-child(1)").startswith("1 Ain 1 344")
    assert opened.text("#ranking-title") == (
        "Sur 12 mois, 100 départements progressent et aucun ne recule"
    )


def test_a_table_stands_behind_each_chart(site: Path, open_page) -> None:
    opened = open_page(site)
    rows = {"composite": 33, "by-type": 33, "comparison": 33, "revisions": 33}
    for figure, expected in rows.items():
        opened.page.click(f"#{figure} summary")
        opened.page.wait_for_selector(f"#{figure} tbody tr")
        assert opened.page.locator(f"#{figure} tbody tr").count() == expected
    first = opened.text("#composite tbody tr:nth-child(1)")
    assert first.startswith("juin 2022 (provisoire) 169 050 +8 400 +5,2 % 132 600 +4 800 +3,8 %")
    # The official scope of 2021 cannot be compared with that of 2020.
    june_2021 = opened.text("#composite tbody tr:nth-child(13)")
    assert june_2021.startswith("juin 2021 160 650 – – 127 800")


@pytest.mark.parametrize("extension", ["csv", "parquet"])
def test_downloads_hold_the_rows_of_the_marts(site: Path, database: Path, extension: str) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        marts = [
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
        ]
        assert len(marts) == 10
        for mart in marts:
            types = dict(
                connection.execute(
                    "select column_name, data_type from duckdb_columns() where table_name = $mart",
                    {"mart": mart},
                ).fetchall()
            )
            path = site / "donnees" / f"{mart}.{extension}"
            download = f"read_csv('{path}', types = {types})" if extension == "csv" else f"'{path}'"
            ((rows, both),) = connection.execute(
                f"""
                select
                    (select count(*) from marts.{mart}),
                    (select count(*)
                     from (from marts.{mart} intersect all from {download}))
                """
            ).fetchall()
            assert rows == both > 0, mart
            assert rows == connection.execute(f"select count(*) from {download}").fetchone()[0]
    links = re.findall(r'href="(donnees/[^"]+)"', (site / "index.html").read_text())
    assert {f"donnees/{mart}.{extension}" for mart in marts} <= set(links)
    assert all((site / link).is_file() for link in links)


def test_no_call_home_and_no_local_path(site: Path, database: Path) -> None:
    allowed = {"www.w3.org", "vega.github.io", "github.com", "scripts.sil.org"}
    for path in site.rglob("*"):
        if not path.is_file() or path.suffix == ".parquet":
            continue
        text = path.read_text(encoding="utf-8")
        # The schema names and messages of Vega and the licence of the typeface: none is fetched.
        assert set(re.findall(r"https?://([\w.-]+)", text)) <= allowed, path.name
        assert str(PROJECT) not in text
        assert str(database.parent) not in text
        assert str(Path.home()) not in text


def test_no_department_is_drawn_that_is_not_in_the_seed() -> None:
    shapes = json.loads((ASSETS / "departments.geojson").read_text())
    codes = sorted(shape["properties"]["code"] for shape in shapes["features"])
    with duckdb.connect() as connection:
        seed = connection.execute(
            f"""
            select department_code
            from read_csv('{PROJECT}/seeds/departments.csv', all_varchar = true)
            where is_covered::boolean order by department_code
            """
        ).fetchall()
    assert codes == [code for (code,) in seed]
    assert len(codes) == 100
    assert "Apache-2.0" in shapes["licence"]


def test_missing_component_gives_no_official_figure(tmp_path: Path, open_page) -> None:
    folder = build(tmp_path, types=("ACI", "AI", "EI", "ETTI", "EITI", "GEIQ"), published=False)
    opened = open_page(folder)
    assert opened.text("#evolution-title") == (
        "France : 132 600 personnes en insertion en juin 2022, "
        "3,8 % de plus qu’en juin 2021 (provisoire)"
    )
    deck = opened.text("#evolution-deck")
    assert "Le périmètre officiel n’est pas donné : il manque ITI." in deck
    assert "Il s’arrête en décembre 2020." in deck
    assert "Aucune donnée chargée" in opened.text("#type-cards")
    assert "Pas de donnée chargée pour ITI." in opened.text("#types-deck")
    assert opened.page.is_disabled("#measure option[value=ITI]")
    assert opened.text("#published-title") == (
        "La série publiée par l’administration n’est pas chargée."
    )
    assert not opened.page.is_visible("#comparison")
    # The official scope is on the map up to its last month.
    opened.choose("#measure", "official")
    assert opened.text("#month-name") == "décembre 2020"
    assert opened.messages == []
    says_nothing_odd(opened)


def test_published_series_alone_is_shown(tmp_path: Path, open_page) -> None:
    opened = open_page(build(tmp_path, types=()))
    assert opened.text("#evolution-title") == (
        "France : pas de chiffre pour l’indicateur composite"
    )
    assert opened.text("#map-title") == "Aucun chiffre par département n’est chargé."
    assert not opened.page.is_visible("#map")
    assert opened.page.locator("#comparison .mark-line path").count() >= 1
    assert opened.messages == []
    says_nothing_odd(opened)


def test_nothing_loaded_is_said(tmp_path: Path, open_page) -> None:
    opened = open_page(build(tmp_path, types=(), published=False))
    assert "Aucun extrait n’est chargé" in opened.text("#nothing-loaded")
    assert not opened.page.query_selector("#evolution")
    assert opened.page.locator("#downloads tbody tr").count() == 10
    assert opened.messages == []


def test_department_without_data_is_not_a_zero(tmp_path: Path, open_page) -> None:
    opened = open_page(build(tmp_path, without_department="D48"))
    assert "pas de donnée" in opened.text("#map-legend")
    assert "1 département sans donnée" in opened.text("#map-deck")
    assert len(opened.fills()) == 100
    opened.page.click("#ranking-more")
    assert opened.text("#ranking tbody tr:nth-child(100)") == "100 Lozère – – – –"
    opened.choose("#territory", "D48")
    assert opened.text("#evolution-title") == (
        "Lozère : pas de chiffre pour l’indicateur composite"
    )
    assert opened.messages == []
    says_nothing_odd(opened)


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_figures_are_said_to_be(tmp_path: Path, open_page, synthetic: bool) -> None:
    opened = open_page(build(tmp_path, synthetic=synthetic))
    assert ("Données fictives" in opened.text("body")) == synthetic
    assert (opened.page.locator(".bar .tag").count() == 1) == synthetic


def test_real_editions_are_not_compared_with_synthetic_figures(tmp_path: Path, open_page) -> None:
    opened = open_page(build(tmp_path, synthetic=True, editions_are_real=True))
    assert "Sont fictifs, fabriqués pour essayer le projet : Extranet IAE" in opened.text("aside")
    assert opened.text("#published-title") == (
        "France : la série publiée, réelle, ne se compare pas à des données fictives"
    )
    assert opened.text("#comparison .legend") == "série publiée"
    assert opened.page.locator("#comparison .mark-line path").count() == 2  # broken at 2021-01
    assert opened.messages == []


def test_sources_and_checks_are_told(site: Path, open_page) -> None:
    opened = open_page(site)
    rows = [opened.text(f"#extracts tbody tr:nth-child({row})") for row in (1, 2)]
    assert rows == [
        "Extranet IAE de l’ASP 1er juillet 2022 juin 2022 142 900 0",
        # An edition covers the months that it holds, not those up to its date.
        "Baromètre des résultats de l’action publique 20 septembre 2022 – 6 900 0",
    ]
    opened.page.click("summary:has-text('2 alertes des contrôles')")
    assert opened.text("#warnings") == "warn_fall warn_old_extract (Got 1 result)"
    opened.page.click("summary:has-text('Lignes comptées')")
    assert "écartée : doublon d’une ligne plus récente duplicate_row 900" in opened.text(
        "#outcomes"
    )


def test_extracts_without_the_synthetic_mark_are_read(tmp_path: Path) -> None:
    database = write_marts(tmp_path / "iae.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute("alter table marts.audit_extracts drop column is_synthetic")
    build_site(database, tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text()
    assert "Extranet IAE de l’ASP" in page
    assert "142\u00a0900" in page
    assert "1er\u00a0juillet\u00a02022" in page
    assert "Données fictives" not in page


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_sticks_out_of_the_window(site: Path, open_page, width: int) -> None:
    opened = open_page(site, width)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    cut = opened.page.evaluate(
        """() => [...document.querySelectorAll("h1, h2, h3, p, select, .chart svg, #ranking table")]
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert cut == []


def test_colours_are_told_apart_from_their_ground() -> None:
    """WCAG 2.2: 4.5 for text (1.4.3), 3 for the lines of a chart (1.4.11)."""
    css = (ASSETS / "page.css").read_text()
    colour = dict(re.findall(r"--(\w+): #([0-9a-f]{3,6});", css))
    for ground in ("paper", "wash"):
        for text in ("ink", "muted", "accent"):
            assert contrast(colour[text], colour[ground]) >= 4.5
        for line in ("official", "constant", "published"):
            assert contrast(colour[line], colour[ground]) >= 3
    assert contrast(colour["ink"], colour["warning"]) >= 4.5


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    shares = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_rest_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    database = write_marts(tmp_path / "iae.duckdb")
    catalogue = tmp_path / "site" / "catalogue" / "index.html"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text("the catalogue")
    for _ in range(2):
        assert build_site(database, tmp_path / "site").has_catalogue
        assert catalogue.read_text() == "the catalogue"


def test_what_is_not_a_published_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="does not exist"):
        build_site(tmp_path / "iae.duckdb", tmp_path / "site")
    (tmp_path / "text.duckdb").write_text("not a database")
    with pytest.raises(SiteError, match="not a published file"):
        build_site(tmp_path / "text.duckdb", tmp_path / "site")
    with duckdb.connect(str(tmp_path / "empty.duckdb")):
        pass
    with pytest.raises(SiteError, match="not a published file"):
        build_site(tmp_path / "empty.duckdb", tmp_path / "site")


def test_sample_shows_all_departments(
    published_sample: Pipeline, tmp_path: Path, open_page
) -> None:
    done = published_sample.iae("site", "--out", tmp_path / "site")
    assert done.returncode == 0, done.stdout + done.stderr
    opened = open_page(tmp_path / "site")
    assert len(opened.fills()) == 100
    assert "pas de donnée" not in opened.text("#map-legend")
    assert "Données fictives" in opened.text(".synthetic")
    assert opened.messages == []
    says_nothing_odd(opened)
