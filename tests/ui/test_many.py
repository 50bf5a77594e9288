"""Ten thousand spans: the page holds only the rows in sight. How fast it is, ``benchmarks/run_page.py`` measures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.ui.conftest import serving, visiting
from tutelage.tracing import names

pytestmark = pytest.mark.asyncio(loop_scope="package")

SPANS, OF_A_NODE, MOST_ROWS = 10_000, 200, 80


@pytest.fixture
def long_run(tmp_path: Path) -> Path:
    (tmp_path / "run.yaml").write_text(f"trace_id: '{1:032x}'\n")
    (tmp_path / "spans.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in spans()))
    return tmp_path


def spans() -> Iterator[dict[str, Any]]:
    """Nodes of many calls, each ended."""
    for number in range(SPANS):
        node = number - number % OF_A_NODE
        call = {names.ROLE: "tutor", names.CALL_ID: f"{number:064x}"}
        yield {
            "event": "end",
            "name": f"{names.NODE}tutor" if number == node else f"{names.TEACHER}tutor",
            "trace_id": f"{1:032x}",
            "span_id": f"{number + 1:016x}",
            "parent_id": None if number == node else f"{node + 1:016x}",
            "start_ns": number * 10**6,
            "end_ns": (number + 1) * 10**6,
            "status": "UNSET",
            "error": None,
            "attributes": {names.ROUND: 1} | ({} if number == node else call),
        }


async def test_only_the_rows_in_sight_are_in_the_page(browser: Browser, long_run: Path) -> None:
    with serving(long_run) as server:
        async with visiting(browser) as visitor:
            page = visitor.page
            await visitor.go(f"{server}/0/#/steps?depth=all")
            await expect(page.locator(".tally")).to_have_text("10,000 steps")
            rows = page.locator(".list .row")
            assert 10 < await rows.count() < MOST_ROWS
            await page.locator(".list").focus()
            await page.keyboard.press("End")
            await expect(page.locator(".row[data-n='9999'] span").first).to_have_text("10000")
            assert await rows.count() < MOST_ROWS
            await page.keyboard.press("Enter")
            await expect(page.locator(".detail h2")).to_have_text("teacher tutor")
            await visitor.go(f"{server}/0/#/step/5000")
            await expect(page.locator("[aria-selected=true] span").first).to_have_text("5000")
