"""The page of a run that goes on: it follows, and the run does not notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.graph.simulated import QUICKSTART, SMALL, Ability, Recorder, install
from tests.ui.conftest import Visitor, serving, visiting
from tutelage.graph import runs
from tutelage.graph.nodes import finetune
from tutelage.training.contracts import TrainJob, TrainProgress, TrainResult

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_the_page_follows_a_run_from_its_training_to_its_end(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    go_on, training = asyncio.Event(), asyncio.Event()
    quick = vars(finetune)["train"]  # the simulated one

    async def slow(job: TrainJob, log: Path, on_progress: Callable[[TrainProgress], None]) -> TrainResult:
        training.set()
        await go_on.wait()
        result: TrainResult = await quick(job, log, on_progress)
        return result

    monkeypatch.setattr("tutelage.graph.nodes.finetune.train", slow)
    root = tmp_path / "run"
    running = asyncio.create_task(runs.start(QUICKSTART, root, [*SMALL, "limits.rounds=1"], Recorder()))
    try:
        await training.wait()
        with serving(root) as server:
            async with visiting(browser) as visitor:
                await training_is_shown(visitor, server)
                go_on.set()
                await expect(visitor.page.get_by_label("graduate: 1 time")).to_be_visible()
                await running
                await expect(visitor.page.locator("#now")).to_be_hidden()
                await expect(visitor.page.locator(".is-now")).to_have_count(0)
    finally:
        go_on.set()
        await running


async def training_is_shown(visitor: Visitor, server: str) -> None:
    page = visitor.page
    await visitor.go(server)
    await expect(page.locator("#now")).to_contain_text("round 1 · finetune · train student")
    await expect(page.locator(".is-now text").first).to_have_text("finetune")
    assert page.url.endswith("#/graph")
    await page.locator(".open-now a", has_text="train student").click()
    await expect(page.locator(".detail .facts-line").first).to_contain_text("so far")
    await page.locator("nav a").first.click()
    await expect(page.locator("h1")).to_contain_text("This run is not finished")
    await page.locator("nav a", has_text="Graph").click()


async def test_a_server_that_went_away_is_said_and_the_page_stays(browser: Browser, finished: Path) -> None:
    with serving(finished) as server:
        async with visiting(browser) as visitor:
            await visitor.go(f"{server}/0/#/steps")
            await expect(visitor.page.locator(".list .row").first).to_be_visible()
            await visitor.page.route("**/api/news*", lambda route: route.abort())
            await expect(visitor.page.locator("#now")).to_contain_text("the server is gone")
            await expect(visitor.page.locator(".list .row").first).to_be_visible()
            visitor.complaints.clear()  # the browser itself reports the requests that failed
