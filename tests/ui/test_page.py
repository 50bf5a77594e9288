"""The page in a real browser, over a finished run: every view is filled, linked, and quiet."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.ui.conftest import ADDITION, Visitor, serving, visiting
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Step, read_steps

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture(scope="module")
def server(finished: Path, branch: Path) -> Iterator[str]:
    with serving(finished, branch) as address:
        yield f"{address}/0/"


@pytest_asyncio.fixture(loop_scope="package")
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    async with visiting(browser) as found:
        yield found


def steps_of(root: Path) -> list[Step]:
    return read_steps(Ledgers(root))


def report_of(root: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((root / "report.json").read_text())
    return value


VIEWS = {
    "": "h1",
    "#curriculum": "svg.map .node",
    "#curves": ".panels .dot",
    "#cost": "#cost tfoot",
    "#/graph": ".loop .box",
    "#/steps": ".list .row",
    "#/step/5": ".detail h2",
    "#/candidates": ".list .row",
    "#/candidate/r001/number/addition/0001": ".detail h2",
    f"#/module/{ADDITION}": ".chapter",
    "#/compare/1": ".branches h3",
}


async def test_every_view_is_filled_and_nobody_but_the_server_is_asked(visitor: Visitor, server: str) -> None:
    for view, mark in VIEWS.items():
        await visitor.go(server + view)
        await expect(visitor.page.locator(mark).first).to_be_visible()
        assert await visitor.page.locator(".absent:visible").count() == 0, view
    assert visitor.strangers(server) == []


async def test_a_deep_link_opens_the_step_whatever_it_is_named_by(
    visitor: Visitor, server: str, finished: Path
) -> None:
    call = next(s for s in steps_of(finished) if s.role == "tutor" and s.module == ADDITION)
    stored = Ledgers(finished).reply(call.call_id or "")
    assert stored is not None
    for name in (str(call.number), call.span.id, call.call_id, (call.call_id or "")[:8]):
        await visitor.go(f"{server}#/step/{name}")
        await expect(visitor.page.locator(".detail .facts-line").first).to_contain_text(f"step {call.number} ")
        shown = [await one.inner_text() for one in await visitor.page.locator(".detail pre.text").all()]
        assert shown[-2] == stored["reply"]["text"]
        assert stored["request"]["user"] in shown
        assert json.loads(shown[-1]) == json.loads(stored["reply"]["text"])
        await expect(visitor.page.locator("[aria-selected=true] span").first).to_have_text(str(call.number))


async def test_from_a_failed_module_to_the_prompt_that_taught_it_are_two_clicks(
    visitor: Visitor, server: str, finished: Path
) -> None:
    assert next(m["verdict"] for m in report_of(finished)["modules"] if m["id"] == ADDITION) == "stalled"
    await visitor.go(server)
    await visitor.page.locator(".results a", has_text="Adding").click()
    await visitor.page.get_by_role("link", name="the prompt that taught it last").click()
    await expect(visitor.page.locator(".detail h4", has_text="user")).to_be_visible()
    await expect(visitor.page.locator(".detail h3", has_text="What became of it")).to_be_visible()
    number = int((await visitor.text(".detail .facts-line")).split()[1])
    last = [s for s in steps_of(finished) if s.role == "tutor" and s.module == ADDITION][-1]
    assert steps_of(finished)[number - 1].round == last.round


async def test_the_timeline_lists_what_the_trace_does_and_filters_it(
    visitor: Visitor, server: str, finished: Path
) -> None:
    steps = steps_of(finished)
    await visitor.go(f"{server}#/steps?depth=all")
    await expect(visitor.page.locator(".tally")).to_have_text(f"{len(steps)} steps")
    await visitor.go(f"{server}#/steps?node=gate&only=decisions")
    wanted = [s for s in steps if s.is_decision and s.node == "gate"]
    await expect(visitor.page.locator(".list .row")).to_have_count(len(wanted))
    await visitor.go(f"{server}#/steps?role=planner")
    await expect(visitor.page.locator(".tally")).to_contain_text(str(sum(s.role == "planner" for s in steps)))


async def test_candidates_are_filtered_by_verdict_and_reason_and_add_up(
    visitor: Visitor, server: str, finished: Path
) -> None:
    counts = report_of(finished)["candidates"]
    await visitor.go(f"{server}#/candidates")
    rejected = sum(counts["rejected"].values())
    whole = f"{counts['total']} = {counts['accepted']} accepted + {rejected} rejected"
    await expect(visitor.page.locator(".tally")).to_have_text(whole)
    for reason, n in counts["rejected"].items():
        await visitor.page.get_by_label("reason").select_option(reason)
        await expect(visitor.page.locator(".list .row")).to_have_count(n)
        assert f"reason={reason}" in visitor.page.url
    await visitor.page.locator(".list .row").first.click()
    await expect(visitor.page.locator(".detail .refusal")).to_be_visible()
    await visitor.page.get_by_text("the prompt and reply that wrote it").click()
    await expect(visitor.page.locator(".detail h2")).to_contain_text("teacher tutor")


async def test_the_page_is_worked_with_the_keyboard_alone(visitor: Visitor, server: str) -> None:
    await visitor.go(f"{server}#/graph")
    await expect(visitor.page.locator(".loop")).to_be_visible()
    await visitor.page.keyboard.press("s")
    await expect(visitor.page.locator(".list .row").first).to_be_visible()
    for key in ("j", "j", "ArrowDown", "k"):
        await visitor.page.keyboard.press(key)
    chosen = visitor.page.locator("[aria-selected=true]")
    await expect(chosen.locator(".what")).to_have_text("node diagnose")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator(".detail h2")).to_have_text("node diagnose")
    await visitor.page.keyboard.press("j")
    await expect(visitor.page.locator(".detail h2")).to_have_text("probe student")
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.locator(".detail")).to_be_hidden()
    await visitor.page.keyboard.press("/")
    await visitor.page.keyboard.type("loss 1.000")
    await expect(visitor.page.locator(".list .row .what").first).to_have_text("node finetune")
    await visitor.page.keyboard.press("Escape")
    await visitor.page.keyboard.press("?")
    await expect(visitor.page.get_by_role("dialog")).to_be_visible()


async def test_the_graph_says_how_often_the_run_went_where(visitor: Visitor, server: str, finished: Path) -> None:
    await visitor.go(f"{server}#/graph")
    visits = [s for s in steps_of(finished) if s.is_node and s.node == "finetune"]
    box = visitor.page.get_by_label(f"finetune: {len(visits)} times")
    await expect(box).to_be_visible()
    await expect(visitor.page.locator(".is-now")).to_have_count(0)
    title = await visitor.page.locator(".way title", has_text="finetune → gate").text_content()
    assert title == f"finetune → gate: taken {len(visits)} times"
    await box.click()
    await expect(visitor.page.locator(".list .row .what").first).to_have_text("node finetune")


async def test_a_run_and_its_fork_stand_side_by_side(visitor: Visitor, server: str, branch: Path) -> None:
    await visitor.go(f"{server}#/compare/1")
    assert "tutor.examples" in await visitor.text(".compare table")
    assert "shares its first" in await visitor.text(".branches")
    assert await visitor.page.locator(".panels figure").count() == 6
    differing = visitor.page.locator("tbody tr:not(.is-same)", has=visitor.page.locator(".status"))
    assert await differing.count() > 0
    await visitor.page.get_by_text("of B").first.click()
    await expect(visitor.page.locator(".detail h2")).to_be_visible()
    assert "/1/#/step/" in visitor.page.url


async def test_light_and_dark_follow_the_system(visitor: Visitor, server: str) -> None:
    colours = []
    for scheme in ("light", "dark"):
        await visitor.page.emulate_media(color_scheme=scheme)
        await visitor.go(f"{server}#/steps")
        colours.append(await visitor.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours[0] != colours[1]
