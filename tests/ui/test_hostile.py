"""What a teacher or a domain file wrote is text on the page, live and frozen, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.ui.conftest import ADDITION, Visitor, serving, visiting
from tutelage.files import write_text
from tutelage.graph.report_page import render_page
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import read_steps
from tutelage.graph.ui.frozen import record
from tutelage.graph.ui.shape import shape

pytestmark = pytest.mark.asyncio(loop_scope="package")

ATTACK = "</script><img src=x onerror='window.hurt=1'><b onclick=hurt()>" + "\x1b]0;owned\x07\u202e{{ 7*7 }}"
SHOWN = "</script><img src=x onerror='window.hurt=1'><b onclick=hurt()>" + "\\x1b]0;owned\\x07\\u202e{{ 7*7 }}"


@pytest.fixture(scope="module")
def hostile(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run with the attack in every question, reply, lesson, reason, verdict's reason and module name."""
    root = tmp_path_factory.mktemp("hostile") / "run"
    shutil.copytree(finished, root, symlinks=True)
    attack = json.dumps(ATTACK)[1:-1]
    swaps = {"What is": f"{attack}What is", "Ones:": f"{attack}Ones:", '"reason":"': f'"reason":"{attack}',
             "Adding two": f"{attack}Adding two", '"explanation":"': f'"explanation":"{attack}'}  # fmt: skip
    typed = ('"reason":"',)  # a candidate's is one of a few words
    written = (*root.rglob("*.jsonl"), *root.glob("replies/*/*.json"), *root.glob("knowledge_map.json"))
    for path in (*written, root / "report.json"):
        text = path.read_text()
        for old, new in swaps.items():
            text = text if old in typed and "candidates" in path.as_posix() else text.replace(old, new)
        write_text(path, text)
    report = json.loads((root / "report.json").read_text())
    write_text(root / "report.html", render_page(report, record(Ledgers(root), shape())))
    return root


async def all_is_text(visitor: Visitor, page: str, root: Path) -> None:
    calls = [s for s in read_steps(Ledgers(root)) if s.role == "tutor" and s.module == ADDITION]
    views = {
        f"#/step/{calls[-1].number}": ".detail pre.text", "#/step/5": ".detail .answers", "#/candidates": ".list .row",
        "#/candidate/r001/number/addition/0001": ".detail h2",
        f"#/module/{ADDITION}": ".chapter .notes", "#/steps": ".list",
        "#results": ".results", "#/graph": ".inner",
    }  # fmt: skip
    for view, mark in views.items():
        await visitor.go(page + view)
        await expect(visitor.page.locator(mark).first).to_be_visible()
        assert await visitor.page.locator("img").count() == 0
        assert await visitor.page.evaluate("!window.hurt && !document.querySelector('[onclick],[onerror]')")
        body = await visitor.page.evaluate("document.body.innerText")
        assert not [c for c in body if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 or c == "\u202e"]
        if view not in ("#/steps", "#results"):
            assert SHOWN in body, view


async def test_hostile_words_are_text_on_the_live_page(browser: Browser, hostile: Path) -> None:
    with serving(hostile) as server:
        async with visiting(browser) as visitor:
            await all_is_text(visitor, f"{server}/0/", hostile)


async def test_hostile_words_are_text_on_the_frozen_page(browser: Browser, hostile: Path) -> None:
    async with visiting(browser) as visitor:
        await all_is_text(visitor, (hostile / "report.html").as_uri(), hostile)
