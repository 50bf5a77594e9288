"""``comparison.html``: self-contained, harmless, and a good page for a comparison of which little came."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.graph.invented import invented
from tests.graph.page_text import text_of
from tests.graph.test_report_page import Page
from tutelage.graph.comparison.drawings import FOREST, across, panels, reach
from tutelage.graph.comparison.render import headline, render_comparison

SECTIONS = ["results", "differences", "ablations", "curves", "forgetting", "budget", "reproduce"]
HOSTILE = '<script>alert(1)</script>"\x1b[31m\u202e'


def test_sections_come_in_the_order_of_the_links() -> None:
    page = Page(render_comparison(invented()))
    assert [attributes["id"] for tag, attributes in page.tags if tag == "section"] == SECTIONS
    links = [str(attributes["href"]) for tag, attributes in page.tags if tag == "a"]
    assert links == ["#top", *(f"#{name}" for name in SECTIONS)]


def test_without_ablations_nothing_is_said_of_them() -> None:
    source = render_comparison(invented({"ioa": 0.8, "sft": 0.6}))
    assert "#ablations" not in source
    assert "earn their keep" not in source


def test_the_page_asks_the_network_for_nothing_and_runs_no_script() -> None:
    source = render_comparison(invented())
    tags = Page(source).tags
    assert not {"script", "iframe", "img", "link"} & {tag for tag, _ in tags}
    for _, attributes in tags:
        assert not {"src", "srcset", "data", "action"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
    assert "script-src" not in source
    assert "default-src 'none'" in source
    assert "url(" not in source


def test_what_a_domain_or_an_error_says_is_escaped() -> None:
    found = invented({"ioa": 0.8, "sft": 0.6}, 2, missing={"sft-s1": HOSTILE}, titles={"a": HOSTILE, "b": "B"})
    source = render_comparison(found)
    assert "<script" not in source
    assert "&lt;script&gt;alert(1)" in source
    assert "\x1b" not in source
    assert "\u202e" not in source


def test_verdicts_numbers_and_failures_are_said() -> None:
    found = invented({"ioa": 0.8, "self_instruct": 0.4, "sft": 0.8}, missing={"sft-s3": "the disk was full"})
    text = text_of(render_comparison(found))
    assert "Beside ioa, self_instruct is worse; no difference is shown for sft." in text
    assert "no difference shown" in text
    assert "the disk was full" in text
    assert "1 of 15 runs has no result" in text
    row = found.differences[0]
    assert f"{row.wins} to {row.losses}" in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        ({"ioa": 0.8, "sft": 0.8}, "Beside ioa, no difference is shown for sft"),
        ({"sft": 0.3, "ioa": 0.8, "lion": 0.8}, "Beside sft, ioa and lion are better"),
        (
            {"cot": 0.6, "ioa": 0.9, "sft": 0.2, "lion": 0.6},
            "Beside cot, ioa is better; sft is worse; no difference is shown for lion",
        ),
    ],
)  # fmt: skip
def test_the_headline_says_what_is_shown_and_what_is_not(arms: dict[str, float], said: str) -> None:
    assert headline(invented(arms)) == said


def test_a_comparison_of_which_nothing_came_has_a_page() -> None:
    every = {f"{arm}-s{seed}": "no teacher" for arm in ("ioa", "sft") for seed in (0, 1)}
    text = text_of(render_comparison(invented({"ioa": 0.8, "sft": 0.6}, 2, missing=every)))
    assert "Nothing could be compared." in text
    assert "4 of 4 runs have no result" in text
    assert "No run came to its end." in text


def test_without_a_budget_the_page_says_so() -> None:
    assert "No budget was set" in text_of(render_comparison(invented({"ioa": 0.8, "sft": 0.6}, 2, budget={})))


def test_curves_stand_on_one_scale_and_are_numbered_apart() -> None:
    found = invented({f"arm{n}": 0.7 for n in range(12)}, 2)
    drawn = panels(found)
    assert [panel.title for panel in drawn] == ["Teacher tokens", "Training tokens", "Dollars", "Seconds"]
    for panel in drawn:
        assert [track.number for track in panel.tracks] == list(range(1, 13))
        places = sorted(track.label_y for track in panel.tracks)
        assert all(high - low >= 11.9 for low, high in itertools.pairwise(places))
        for track in panel.tracks:
            assert track.high <= track.end.y <= track.low
    assert [panel.cap_x is not None for panel in drawn] == [True, True, False, False]


def test_a_cap_that_nobody_came_near_does_not_squeeze_the_curves() -> None:
    found = invented({"ioa": 0.8, "sft": 0.6}, 2, budget={"teacher_tokens": 1e9})
    panel = panels(found)[0]
    assert panel.cap_x is None
    assert max(track.end.x for track in panel.tracks) > 400


def test_differences_are_drawn_on_a_scale_that_holds_them_all() -> None:
    rows = invented().differences
    scale = reach(rows)
    edges = [edge for row in rows for edge in (row.difference.low, row.difference.high, *row.difference.seeds)]
    assert scale >= max(map(abs, edges))
    assert across(0.0, scale) == FOREST / 2
    assert across(-scale, scale) == 0
    assert across(2 * scale, scale) == FOREST
