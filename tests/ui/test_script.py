"""The one script that both pages carry is made of modules that stand for themselves."""

from __future__ import annotations

import re

from tutelage.graph.report_page import render_live_page, render_page
from tutelage.graph.ui.script import FOLDER, script, script_hash

MODULES = sorted(FOLDER.glob("*.js"))
LONGEST = 300


def test_every_module_is_in_it_once_and_nothing_is_left_of_imports() -> None:
    text = script()
    assert len(MODULES) > 10
    for module in MODULES:
        assert text.count(f"const {module.stem}_js = (() => {{") == 1
    assert not re.search(r"^\s*(import|export) ", text, flags=re.MULTILINE)
    assert "</script" not in text


def test_a_module_comes_after_those_it_imports() -> None:
    text = script()
    for module in MODULES:
        at = text.index(f"const {module.stem}_js = (() => {{")
        for needed in re.findall(r'from "\./(\w+)\.js"', module.read_text()):
            assert text.index(f"const {needed}_js = (() => {{") < at


def test_no_module_is_long_and_none_makes_markup_or_asks_elsewhere() -> None:
    for module in MODULES:
        text = module.read_text()
        assert len(text.splitlines()) <= LONGEST, module.name
        assert text.startswith("/**"), module.name
        for banned in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https:"):
            assert banned not in text, f"{module.name}: {banned}"


def test_the_live_and_the_frozen_page_carry_the_same_script() -> None:
    pages = (render_page({}, record=""), render_live_page("run", []))
    scripts = [re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL) for page in pages]
    assert scripts[0] == scripts[1] == [script()]
    assert all(script_hash() in page for page in pages)
    assert ["connect-src 'self'" in page for page in pages] == [False, True]


def test_the_name_of_a_run_is_text_in_the_page() -> None:
    page = render_live_page("<b>\x1b[31m", [(1, "<i>")])
    assert "<b>" not in page
    assert "<i>" not in page
    assert "\x1b" not in page
