"""Take the pictures of docs/images: ``python -m iae.site.screenshots site docs/images``.

Needs Playwright and a Chromium or Chrome on the PATH; the page itself needs neither.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import FloatRect, Page, sync_playwright

DESKTOP, PHONE = 1440, 390
MARGIN = 24
# Name of the picture, width of the window, what is chosen, element at its top, at its bottom.
PICTURES = (
    ("page-desktop", DESKTOP, "", "body", "#courbe"),
    ("territory-desktop", DESKTOP, "?territoire=D59&avec=D62&vue=rate", "#bar", "#courbe"),
    ("map-desktop", DESKTOP, "", "#map-title", ".map-layout"),
    ("published-desktop", DESKTOP, "", "#published-title", "#revisions"),
    ("page-phone", PHONE, "", "body", "#courbe"),
    ("map-phone", PHONE, "", "#map-title", "#carte"),
)
CHROMIUM_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def take_screenshots(site: Path, out: Path) -> None:
    """Write the pictures of a site into a folder and print their paths."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=list(CHROMIUM_OPTIONS),
        )
        for name, width, chosen, top, bottom in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto((site / "index.html").resolve().as_uri() + chosen)
            page.wait_for_selector("body[data-ready]")
            if page.locator(bottom).is_visible():  # not where no published series is loaded
                # In a picture of a part of the page, the bar would lie over what it follows.
                page.add_style_tag(content=".bar { position: static }")
                path = out / f"{name}.png"
                page.screenshot(path=path, full_page=True, clip=_clip(page, width, top, bottom))
                print(path)
            page.close()
        browser.close()


def _clip(page: Page, width: int, top: str, bottom: str) -> FloatRect:
    """The part of the page between the top of one element and the end of another."""
    start = page.locator(top).bounding_box()
    end = page.locator(bottom).bounding_box()
    if start is None or end is None:
        raise ValueError(f"the page shows no {top} or no {bottom}")
    y = max(0, start["y"] - MARGIN)
    return {"x": 0, "y": y, "width": width, "height": end["y"] + end["height"] + MARGIN - y}


if __name__ == "__main__":
    take_screenshots(Path(sys.argv[1]), Path(sys.argv[2]))
