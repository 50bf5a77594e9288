"""``report.html``: self-contained, harmless, complete, and a good page for a run that ended early."""

from __future__ import annotations

import base64
import copy
import hashlib
import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.graph.page_text import text_of
from tutelage.errors import InputError
from tutelage.graph.page.model import read_report
from tutelage.graph.page.tallies import candidate_table
from tutelage.graph.report_page import render_page

VOID = {"meta", "link", "br", "hr", "img", "input"}
SECTIONS = ["results", "curriculum", "curves", "decisions", "data", "lessons", "cost", "reproduce"]
BANNER = "The teacher of this run is a procedural generator, not a language model."
Json = dict[str, Any]


class Page(HTMLParser):
    """The page's elements in order; fails where one is not closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_sample_is_consistent_with_itself(report: Json) -> None:
    groups, candidates = report["candidates"]["groups"], report["candidates"]
    assert candidates["total"] == candidates["accepted"] + sum(candidates["rejected"].values())
    assert candidates["total"] == sum(group["total"] for group in groups) == report["totals"]["candidates"]
    assert report["totals"]["mastered"] == sum(m["verdict"] == "mastered" for m in report["modules"])
    tokens = sum(row["prompt_tokens"] + row["completion_tokens"] for row in report["usage"])
    assert tokens == report["totals"]["teacher_tokens"]


def test_sections_come_in_the_order_a_reader_asks(report: Json) -> None:
    page = Page(render_page(report))
    sections = [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    assert sections == SECTIONS
    links = [str(attributes["href"]) for tag, attributes in page.tags if tag == "a"]
    assert links == ["#top", *(f"#{name}" for name in SECTIONS)]


def test_the_page_asks_the_network_for_nothing(report: Json) -> None:
    source = render_page(report)
    for _, attributes in Page(source).tags:
        assert not {"src", "srcset", "data", "action", "poster"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    style = source[source.index("<style>") : source.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_exactly_the_one_script_of_the_page(report: Json) -> None:
    source = render_page(report)
    scripts = re.findall(r"<script>(.*?)</script>", source, flags=re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    (policy,) = [a["content"] for tag, a in Page(source).tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_the_headline_says_what_was_learned_with_its_numbers(report: Json) -> None:
    text = text_of(render_page(report))
    assert (
        "SmolLM2-135M-Instruct mastered 4 of 8 modules; "
        "mean accuracy on held-out items rose from 0.18 to 0.68 (n = 480)." in text
    )
    for fact in ("28 min 55 s", "468,230", "292,600", "gain +0.50; teacher 0.88", "Seed 7", "offline-teacher"):
        assert fact in text


@pytest.mark.parametrize(
    ("outcome", "opening"),
    [
        ("nothing_mastered", "SmolLM2-135M-Instruct mastered none of 8 modules;"),
        ("stopped_by_budget", "The budget was spent with 4 of 8 modules mastered;"),
        ("stopped_by_rounds", "The cap of rounds was reached with 4 of 8 modules mastered;"),
        ("unfinished", "This run is not finished, with 4 of 8 modules mastered;"),
    ],
)
def test_every_outcome_has_its_own_headline(report: Json, outcome: str, opening: str) -> None:
    report["run"]["outcome"] = outcome
    assert opening in text_of(render_page(report))


def test_a_fall_in_accuracy_is_called_a_fall(report: Json) -> None:
    report["totals"].update(before=0.6, after=0.5)
    assert "fell from 0.60 to 0.50" in text_of(render_page(report))


def test_the_banner_tells_a_generator_from_a_language_model(report: Json) -> None:
    assert BANNER in text_of(render_page(report))
    report["teachers"][0]["is_language_model"] = True
    assert BANNER not in text_of(render_page(report))


def test_every_module_has_its_row_with_intervals_and_verdict_in_words(report: Json) -> None:
    text = text_of(render_page(report))
    assert "■ stalled 3 attempts 0.00 0.00–0.06 0.62 0.48–0.74 1.00 0.94–1.00 60" in text
    for module in report["modules"]:
        assert module["name"] in text


def test_every_decision_is_there_with_its_reason_and_inputs(report: Json) -> None:
    text = text_of(render_page(report))
    for decision in report["decisions"]:
        assert decision["reason"] in text
    assert "1 1 Two-digit addition ↻ remediate 40 0.68 1.00 0.68 0.51–0.83 0.90 tutor" in text


def test_candidates_visibly_add_up(report: Json) -> None:
    text = text_of(render_page(report))
    assert "2,240 candidates = 2,125 accepted + 115 rejected." in text
    assert "Sum 2,240 2,125 88 11 8 4 2 1 1" in text
    assert candidate_table(read_report(report).candidates).faults == ()


def test_counts_that_do_not_add_up_are_reported_not_hidden(report: Json) -> None:
    report["candidates"]["groups"][0]["accepted"] -= 1
    text = text_of(render_page(report))
    assert "number/add_two_digits core: accepted and rejected do not add up to the total." in text
    assert "The rows do not add up to the sums below." in text


def test_lessons_stand_side_by_side_with_adaptations_rejections_and_misconceptions(report: Json) -> None:
    text = text_of(render_page(report))
    kinds = re.findall(
        r"(core|remedial|bridging) round \d · level \d", text[text.index("Two-digit subtraction 3 acc") :]
    )
    assert kinds[:3] == ["core", "remedial", "bridging"]
    assert "wrong answer : exact solver says 85, the lesson ends in 75" in text
    assert "language “take” in place of “subtract”" in text
    assert "Misconception: Drops the carry" in text
    assert "What is 66 + 29? 95 Answer: 85" in text


def test_cost_and_reproduction_are_complete(report: Json) -> None:
    text = text_of(render_page(report))
    assert "Sum 997 9 239,900 228,330 468,230 $0.4613 43.1 s" in text
    assert "outside the nodes 9.7 s" in text
    assert report["run"]["config_sha256"] in text
    assert report["training"][-1]["adapter_sha256"] in text
    for line in report["reproduce"]:
        assert line in text


HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(1)>" onload="x\' {{ 7 * 7 }}</style>\x1b[31m\x00\u202e\ud800'
)


def poisoned(value: Any) -> Any:
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, dict):
        return {
            (key + HOSTILE if key in ("duplicate", "tutor", "cpus") else key): poisoned(v) for key, v in value.items()
        }
    return [poisoned(item) for item in value] if isinstance(value, list) else value


def test_hostile_text_everywhere_stays_text(report: Json) -> None:
    source = render_page(poisoned(report))
    source.encode("utf-8")
    page = Page(source)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", source)
    assert "<script>alert(1)</script>" in text_of_escaped(source)


def text_of_escaped(source: str) -> str:
    return html.unescape(source[source.index("<main>") :])


def nulls(value: Any) -> Any:
    """Every value that may be null, null; lists of names and counts by name, empty."""
    if isinstance(value, dict):
        if "rate" not in value and all(isinstance(item, int | float) for item in value.values()):
            return {}
        kept = {"id", "module", "from", "to", "rate", "schema_version"}
        return {key: item if key in kept else nulls(item) for key, item in value.items() if key != "interval"}
    return [nulls(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else None


def empties(value: Json) -> Json:
    return {key: type(item)() if isinstance(item, dict | list) else item for key, item in value.items()}


@pytest.mark.parametrize("change", [nulls, empties, lambda value: {}, lambda value: dict.fromkeys(value)])
def test_a_report_with_few_facts_is_still_a_whole_page(report: Json, change: Callable[[Json], Json]) -> None:
    few = change(copy.deepcopy(report))
    few["schema_version"] = 1
    page = Page(render_page(few))
    assert [attributes["id"] for tag, attributes in page.tags if tag == "section"] == SECTIONS
    assert "None" not in text_of(render_page(few))


def test_a_run_without_a_map_does_not_count_modules() -> None:
    assert "ended before it had a knowledge map; nothing was measured on held-out items." in text_of(render_page({}))


def test_an_aborted_run_shows_what_it_has_and_says_what_it_lacks(report: Json) -> None:
    report["run"].update(outcome="unfinished", finished=None)
    report["totals"] = {"modules": 8}
    report.update(stages=[], decisions=[], training=[], samples=[], candidates={"total": 0}, misconceptions=[])
    for module in report["modules"]:
        module.update(stage=None, after=None, before=None, verdict="unfinished")
    text = text_of(render_page(report))
    assert "This run is not finished, with 0 of 8 modules mastered; nothing was measured on held-out items." in text
    for missing in ("before its first decision", "No lesson was written.", "The student was not trained."):
        assert missing in text
    assert "Level 1" in text


def test_an_infinite_ratio_and_a_number_that_is_none_are_shown_as_such(report: Json) -> None:
    report["decisions"][0]["inputs"].update(ratio=float("nan"), interval=[0.5, float("inf")])
    assert "0.50–∞" in text_of(render_page(report))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"schema_version": 2}, "schema_version 2"),
        ({"modules": [{"id": "a", "attempts": "many"}]}, "modules.0.attempts"),
    ],
)
def test_a_report_that_cannot_be_read_is_a_typed_error_naming_the_key(change: Json, where: str) -> None:
    with pytest.raises(InputError, match=where):
        render_page({"schema_version": 1, **change})
