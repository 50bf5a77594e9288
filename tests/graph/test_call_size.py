"""Under a small cap on the teachers calls become smaller, so that every module has lessons."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.graph.simulated import Ability, install, run
from tutelage.graph.call_size import SAFE, allowance, call_size

MODULES = 6


def context(cap: int | None, spent: int = 0, finishes: bool = True) -> Any:
    """As much of a run as a call's size hangs on."""
    config = SimpleNamespace(
        limits=SimpleNamespace(teacher_tokens=cap), tutor=SimpleNamespace(per_call=5, independent_solutions=1)
    )
    return SimpleNamespace(
        config=config, finishes=finishes, meter=SimpleNamespace(totals=SimpleNamespace(tokens=spent))
    )


def test_what_is_left_of_the_cap_is_shared_among_the_modules_that_lessons_are_written_for() -> None:
    assert allowance(context(5000, spent=750), 2) == SAFE * 5000 / 2 - 375
    assert allowance(context(5000, spent=6000), 2) == 0
    assert allowance(context(5000), 0) is None
    assert allowance(context(None), 2) is None
    assert allowance(context(5000, finishes=False), 2) is None, "such a run stops at its cap"


def test_a_call_asks_for_what_its_module_can_pay_but_for_one_lesson_at_least_and_no_more_than_configured() -> None:
    sizes = [call_size(context(5000), allowed, 1050) for allowed in (None, 10**6, 1600, 1080, 600, 0)]
    assert sizes == [5, 5, 5, 3, 1, 1]


def test_two_smaller_calls_are_made_where_a_second_full_one_could_not_be_paid() -> None:
    full = 300 + 5 * 260
    assert call_size(context(5000), round(1.9 * full), 1050) == 4, "eight lessons, and not five"
    assert call_size(context(5000), round(1.2 * full), 1050) == 5, "five lessons, and not twice two"
    assert call_size(context(5000), round(9.9 * full), 1050) == 5


def test_a_lesson_that_goes_through_two_calls_is_written_twice_and_read_once() -> None:
    assert [call_size(context(5000), allowed, 1050, chain=2) for allowed in (1260, 1920, 2580)] == [1, 2, 3]


def accepted(root: Path) -> Counter[str]:
    """Accepted lessons that a teacher wrote, by module."""
    rows = [json.loads(line) for line in (root / "candidates.jsonl").read_text().splitlines()]
    return Counter(row["module"] for row in rows if row["accepted"] and row["provenance"]["model"] != "student")


@pytest.mark.parametrize("strategy", ["self_instruct", "critique_revise", "ioa"])
async def test_a_cap_that_pays_for_few_lessons_brings_some_of_every_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1), tmp_path)
    cap = {"self_instruct": 5000, "critique_revise": 10000, "ioa": 12000}[strategy]
    root = tmp_path / "run"
    await run(
        root, f"strategy.name={strategy}", f"limits.teacher_tokens={cap}", "limits.spent=finish", "limits.rounds=1",
        "limits.training_tokens=1800", "diagnosis.looks=4", "tutor.per_call=5",
    )  # fmt: skip
    found = accepted(root)
    assert len(found) == MODULES
    assert min(found.values()) >= 1


async def test_a_cap_that_is_far_off_leaves_calls_as_large_as_they_are_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1), tmp_path)
    root = tmp_path / "run"
    await run(
        root, "strategy.name=self_instruct", "limits.teacher_tokens=1000000", "limits.spent=finish",
        "strategy.lessons=20", "tutor.per_call=5",
    )  # fmt: skip
    replies = [json.loads(path.read_text()) for path in (root / "replies").rglob("*") if path.is_file()]
    written = [len(json.loads(r["reply"]["text"])["lessons"]) for r in replies if r["request"]["role"] == "tutor"]
    assert max(written) == 5
