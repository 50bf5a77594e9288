"""The page of a comparison in a real browser: whole, quiet, asking nobody, on a wide screen and a narrow one."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.graph.invented import ARMS, invented
from tests.ui.conftest import visiting
from tutelage.graph.comparison.render import render_comparison

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "comparison.html"
    found = invented({**ARMS, "lion": 0.6}, missing={"lion-s1": "<img src=x onerror=alert(1)>"})
    path.write_text(render_comparison(found), encoding="utf-8")
    return path


async def test_every_section_is_filled_and_nobody_is_asked(browser: Browser, page_file: Path) -> None:
    async with visiting(browser) as visitor:
        await visitor.go(f"file://{page_file}")
        for mark in ("#results tbody tr", "#differences svg.forest .mean", "#ablations svg.forest", "#curves .way .end",
                     "#forgetting .matrix td", "#budget tbody tr", "#reproduce pre"):  # fmt: skip
            assert await visitor.page.locator(mark).first.is_visible(), mark
        assert await visitor.page.locator(".absent:visible").count() == 0
        assert "<img src=x" in await visitor.text("#budget .off")
        assert await visitor.page.locator("img").count() == 0
        assert visitor.strangers("file://") == []


@pytest.mark.parametrize("width", [1280, 420])
async def test_the_page_fits_the_screen(browser: Browser, page_file: Path, width: int) -> None:
    async with visiting(browser) as visitor:
        await visitor.page.set_viewport_size({"width": width, "height": 800})
        await visitor.go(f"file://{page_file}")
        assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= width


async def test_numbers_at_the_curves_do_not_overlap(browser: Browser, page_file: Path) -> None:
    async with visiting(browser) as visitor:
        await visitor.go(f"file://{page_file}")
        tops = await visitor.page.locator("#curves svg").nth(1).locator(".way text").evaluate_all(
            "found => found.map(text => text.getBoundingClientRect().y).sort((a, b) => a - b)"
        )  # fmt: skip
        assert len(tops) == 6
        assert all(low - high > 8 for high, low in itertools.pairwise(tops))
