"""The page in a real browser: it asks nothing of a network, complains of nothing, and everyone can use it.

Needs Chromium (Debian's package `chromium`, or any Chrome named by VFA_CHROMIUM); axe-core comes with the development
dependencies.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report import made_up
from vfa.report.document import to_document
from vfa.report.result_files import result_files

pytestmark = pytest.mark.slow

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


def chromium() -> str:
    """The browser's program."""
    found = os.environ.get("VFA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium: install Debian's chromium, or name a Chrome with VFA_CHROMIUM")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    program = chromium()
    with sync_playwright() as playwright:
        # CI runs as root in a container, where Chromium's own sandbox cannot start; the page is our own.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = made_up.assessment()
    folder = tmp_path_factory.mktemp("result")
    images = (made_up.volume(), made_up.spine())
    for name, content in result_files(to_document(made), made.findings, images, ("json", "html")).items():
        (folder / name).write_bytes(content)
    return folder


class Opened:
    """The page at one size, with everything it asked for and complained of."""

    def __init__(self, browser: Any, page_file: Path, size: str = "desktop", scheme: str = "light") -> None:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.page = context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(page_file.as_uri())
        self.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_request_leaves_the_page_and_nothing_is_complained_of(
    browser: Any, result: Path, size: str, scheme: str
) -> None:
    opened = Opened(browser, result / "report.html", size, scheme)
    left = [url for url in opened.asked if not url.startswith(("data:", (result / "report.html").as_uri()))]
    assert (left, opened.complaints) == ([], [])
    pictures = opened.page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth > 0)")
    assert pictures == [True] * 3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_issue_folded_or_unfolded(browser: Any, result: Path, size: str, scheme: str) -> None:
    import axe_playwright_python.sync_playwright as axe

    # The page allows itself no script, so axe goes into a copy that does; everything else is the same.
    text = (result / "report.html").read_text()
    allowed = text.replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval';")
    assert allowed != text
    copy = result / f"axe-{size}-{scheme}.html"
    copy.write_text(allowed)
    opened = Opened(browser, copy, size, scheme)
    for folded in (True, False):
        if not folded:
            opened.page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
        found = axe.Axe().run(opened.page).response["violations"]
        assert [f"{one['id']}: {one['help']}" for one in found if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_never_wider_than_the_screen(browser: Any, result: Path, size: str) -> None:
    page = Opened(browser, result / "report.html", size).page
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_numbers_a_reader_sees_are_those_of_the_file(browser: Any, result: Path) -> None:
    page = Opened(browser, result / "report.html").page
    file = json.loads((result / "assessment.json").read_text())
    for vertebra in file["vertebrae"]:
        if vertebra["status"] != "measured":
            continue
        seen = page.locator(f"tr[data-level={vertebra['level']}]").inner_text()
        numbers = [float(text) for text in re.findall(r"-?\d+\.\d+", seen)]
        loss, wall = vertebra["height_loss"], vertebra["posterior_wall"]["retropulsion_mm"]
        compromise = vertebra["posterior_wall"]["canal_compromise"]["diameter_fraction"]
        expected = [100 * number for number in (loss["fraction"], *loss["ci95"])]
        expected += [wall["value"], *wall["ci95"]]
        expected += [100 * number for number in (compromise["value"], *compromise["ci95"])]
        for height in vertebra["heights_mm"].values():
            expected += [height["value"], *height["ci95"]]
        assert numbers == [round(number, 1) for number in expected]
    l1 = next(one for one in file["vertebrae"] if one["level"] == "L1")
    card = page.locator(".level-card").first.inner_text()
    for procedure in l1["procedures"].values():
        assert procedure["because"] in card


def test_the_outcomes_unfold_with_the_keyboard_alone(browser: Any, result: Path) -> None:
    page = Opened(browser, result / "report.html").page
    source = page.get_by_text("Source: seed text").first
    assert not source.is_visible()
    for _ in range(20):
        page.keyboard.press("Tab")
        if "Rules looked at" in page.evaluate("document.activeElement.innerText"):
            break
    page.keyboard.press("Enter")
    assert source.is_visible()


def test_it_prints_on_a4_in_black_on_white_even_from_a_dark_screen(browser: Any, result: Path) -> None:
    import io

    from pypdf import PdfReader

    page = Opened(browser, result / "report.html", scheme="dark").page
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    width_mm, height_mm = (float(side) * 25.4 / 72 for side in printed[0].mediabox[2:])
    assert (width_mm, height_mm) == pytest.approx((210, 297), abs=1)
    assert "Kyphoplasty" in " ".join(one.extract_text() for one in printed)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
