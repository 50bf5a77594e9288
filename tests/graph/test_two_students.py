"""Two students, one seed: the same items, and lessons that differ because what was measured of them differs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import Ability, install, run
from tutelage.graph.traces.detail import detail, detail_lines
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import read_steps
from tutelage.graph.traces.story import story, story_lines
from tutelage.teachers.offline.skills import Problem, solve

ADDITION = "number/addition"
SETTINGS = ("limits.rounds=2", "tutor.examples=10", "gate.patience=3", "curriculum.advance=ready")


def forgets_the_carry(problem: Problem) -> int | None:
    """Right in the smallest sums; in the others the carry out of the ones is lost, or else a ten."""
    if problem.skill != ADDITION:
        return None
    return problem.working.answer if problem.level == 1 else problem.working.answer - 10


def off_by_one(problem: Problem) -> int | None:
    """Counts one too far, everywhere."""
    return problem.working.answer + 1 if problem.skill == ADDITION else None


@dataclass(frozen=True)
class Taught:
    """What the trace holds of one student's addition.

    Attributes:
        context: What the Tutor was told in the remedial round, by seed item: prompt contexts, in order.
        levels: How many remedial lessons there are of each level.
        shown: What ``tutelage trace show`` prints of the first of these calls.
        why: What ``tutelage trace why`` prints.
    """

    context: dict[str, dict[str, Any]]
    levels: Counter[int]
    shown: str
    why: str


async def taught(root: Path, monkeypatch: pytest.MonkeyPatch, habit: Any) -> Taught:
    install(monkeypatch, Ability(habit=habit), root.parent)
    await run(root, *SETTINGS)
    ledgers = Ledgers(root)
    steps = read_steps(ledgers)
    contexts: dict[str, dict[str, Any]] = {}
    shown = ""
    for step in steps:
        if step.call_id is None:
            continue
        stored = ledgers.reply(step.call_id)
        assert stored is not None
        request = stored["request"]
        if request["schema_name"] != "lessons" or request["module"] != ADDITION or step.round != 2:
            continue
        context = json.loads(request["user"].split("```json\n")[1].split("\n```")[0])
        shown = shown or "\n".join(detail_lines(detail(step, steps, ledgers), str(root)))
        contexts |= {seed["id"]: context for seed in context["seed_items"]}
    rows = [json.loads(line) for line in (root / "candidates.jsonl").read_text().splitlines()]
    lessons = [r for r in rows if r["module"] == ADDITION and r["provenance"]["round"] == 2 and r["example"]]
    problems = [solve(r["example"]["problem"]) for r in lessons]
    why = "\n".join(story_lines(ADDITION, story(ADDITION, ledgers, steps)))
    return Taught(contexts, Counter(p.level for p in problems if p is not None), shown, why)


async def test_the_same_seed_becomes_other_lessons_for_another_student(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry = await taught(tmp_path / "carry", monkeypatch, forgets_the_carry)
    count = await taught(tmp_path / "count", monkeypatch, off_by_one)
    shared = sorted(set(carry.context) & set(count.context))
    assert shared, "both students' lessons start from a seed item that they share"
    one, other = carry.context[shared[0]], count.context[shared[0]]

    # What was measured: other levels in hand, other wrong answers, other misconceptions.
    assert (one["student"]["longest_chain"], other["student"].get("longest_chain")) == (1, None)
    names = [{m["name"] for m in context["student"]["misconceptions"]} for context in (one, other)]
    assert "forgets the carry" in names[0]
    assert names[1] == {"is off by one"}
    assert one["student"]["ratio"] > other["student"]["ratio"] == 0.0
    assert one["student"]["wrong_answers"] != other["student"]["wrong_answers"]

    # What came of it: who has the small sums is taken on by a notch, who has none starts at the smallest.
    assert (one["kind"], other["kind"]) == ("bridging", "remedial")
    assert other["levels"] == [1]
    assert max(one["levels"]) > 1
    assert set(count.levels) == {1}
    assert set(carry.levels) > {1}

    # And a person sees it in the trace.
    assert "forgets the carry" in carry.shown
    assert "forgets the carry" in carry.why
    assert "forgets the carry" not in count.shown + count.why
    assert "is off by one" in count.shown
