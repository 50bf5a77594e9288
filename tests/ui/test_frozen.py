"""The report is the same page, frozen: it works from a file, asks nobody, and has a bound on its size."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.ui.conftest import ADDITION, visiting
from tutelage.graph.report_page import render_page
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import read_steps
from tutelage.graph.ui.frozen import record
from tutelage.graph.ui.shape import shape
from tutelage.graph.ui.watch import Watch
from tutelage.graph.ui.wire import to_json

VIEWS = {
    "": "h1", "#curriculum": "svg.map .node", "#/graph": ".loop .box", "#/steps": ".list .row",
    "#/step/5": ".detail .answers", "#/candidate/r001/number/addition/0001": ".detail .adaptation",
    f"#/module/{ADDITION}": ".chapter .calls",
}  # fmt: skip


def unpacked(text: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
    return value


@pytest.mark.asyncio(loop_scope="package")
async def test_the_report_has_every_view_and_asks_nobody(browser: Browser, finished: Path) -> None:
    address = (finished / "report.html").as_uri()
    async with visiting(browser) as visitor:
        for view, mark in VIEWS.items():
            await visitor.go(address + view)
            await expect(visitor.page.locator(mark).first).to_be_visible()
            assert await visitor.page.locator(".absent:visible").count() == 0, view
        assert visitor.strangers(address) == []


@pytest.mark.asyncio(loop_scope="package")
async def test_what_was_left_out_is_said_with_the_command_that_shows_it(
    browser: Browser, finished: Path, tmp_path: Path
) -> None:
    report = json.loads((finished / "report.json").read_text())
    page = tmp_path / "small.html"
    page.write_text(render_page(report, record(Ledgers(finished), shape(), most=0)))
    async with visiting(browser) as visitor:
        await visitor.go(f"{page.as_uri()}#/step/5")
        await expect(visitor.page.locator(".absent")).to_contain_text(f"tutelage ui {finished}")
        await expect(visitor.page.locator(".detail h2")).to_have_text("probe teacher")


def test_the_record_holds_what_the_server_would_answer(finished: Path) -> None:
    answers = unpacked(record(Ledgers(finished), shape()))["answers"]
    watch = Watch(finished)
    news = watch.news(0)
    assert answers["news"]["steps"] == json.loads(to_json(news["steps"]))
    assert answers["candidates"] == json.loads(to_json(watch.candidates()))
    for step in read_steps(Ledgers(finished)):
        found = json.loads(to_json(watch.step(str(step.number))))
        assert {"number": step.number, **answers[f"step/{step.number}"]} == found
    for module in news["run"]["modules"]:
        assert answers[f"module/{module['id']}"] == json.loads(to_json(watch.module(module["id"])))


def test_a_record_stays_within_its_bound_and_drops_the_least_looked_for(finished: Path) -> None:
    whole = record(Ledgers(finished), shape())
    most = len(whole) * 3 // 8
    small = record(Ledgers(finished), shape(), most=most)
    assert len(small) < len(whole)
    kept = unpacked(small)
    assert 0 < kept["left_out"] < kept["total"]
    assert kept["total"] - kept["left_out"] == len(kept["answers"]) - 3
    assert f"module/{ADDITION}" in kept["answers"]
    assert len(kept["answers"]["news"]["steps"]) == len(read_steps(Ledgers(finished)))


def test_the_same_run_gives_the_same_record(finished: Path) -> None:
    assert record(Ledgers(finished), shape()) == record(Ledgers(finished), shape())
