"""The zone by help: a run with ``curriculum.zpd_rule=help``, whose student learns from worked examples or does not."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import Ability, decisions, install, run
from tutelage.files import read_rows
from tutelage.graph.records import HelpedAttempt
from tutelage.pedagogy.records import Attempt, Item
from tutelage.teachers.offline.skills import solve
from tutelage.training.contracts import Answer, Question

WITH_EXAMPLE = "Now answer this one in the same way:\n"
SETTINGS = ("curriculum.zpd_rule=help", "limits.rounds=1")


class Copier:
    """A student that knows nothing alone, and does what it was just shown in the modules that it can follow."""

    backend = "transformers"

    def __init__(self, follows: Callable[[str], bool]) -> None:
        self.follows = follows
        self.shown: list[str] = []

    @contextlib.asynccontextmanager
    async def open(self, *_: Any) -> AsyncIterator[Copier]:
        yield self

    async def answer(
        self, questions: Sequence[Question], on_progress: Callable[[int, int], None], *_: object
    ) -> list[Answer]:
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> Answer:
        example, mark, text = question.text.rpartition(WITH_EXAMPLE)
        problem = solve(text.split("\n")[0])
        assert problem is not None
        if mark:
            self.shown.append(example)
        right = bool(mark) and self.follows(problem.skill)
        said = problem.working.answer if right else -1
        return Answer(id=question.id, text=f"Answer: {said}", tokens=3, truncated=False)


async def ran(root: Path, monkeypatch: pytest.MonkeyPatch, follows: Callable[[str], bool]) -> Copier:
    install(monkeypatch, Ability(), root)
    student = Copier(follows)
    monkeypatch.setattr("tutelage.graph.measure.open_student", student.open)
    await run(root / "run", *SETTINGS)
    return student


def entered(root: Path) -> dict[str, str]:
    """The modules that started, and how."""
    return {d["module"]: d["reason"] for d in decisions(root / "run") if d["verdict"] == "planned" and d["module"]}


async def test_what_is_solved_after_a_worked_example_is_in_the_zone_and_enters_through_core_lessons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = await ran(tmp_path, monkeypatch, lambda skill: skill == "number/addition")
    assert {module for module, _ in entered(tmp_path).items()} == {"number/addition"}
    assert "core lessons" in entered(tmp_path)["number/addition"]
    helped = read_rows(next((tmp_path / "run" / "parts" / "helped").glob("*.jsonl")), HelpedAttempt)
    assert {a.grade for a in helped if a.module == "number/addition"} == {"right"}
    assert any(d["reason"].startswith("number/addition: of 12 items failed alone, 12 are") for d in
               decisions(tmp_path / "run"))  # fmt: skip
    _expect_only_diagnostic_items_were_shown(tmp_path / "run", student, helped)


def _expect_only_diagnostic_items_were_shown(root: Path, student: Copier, helped: Sequence[HelpedAttempt]) -> None:
    items = {item.id: item for item in read_rows(root / "probes.jsonl", Item)}
    right = {a.probe: a.response for a in read_rows(root / "attempts.jsonl", Attempt) if a.role == "teacher"}
    for row in helped:
        item, example = items[row.probe], items[row.example]
        assert row.probe != row.example
        assert (item.module, item.pool, example.module, example.pool, example.level) == (
            row.module, "diagnostic", row.module, "diagnostic", item.level
        )  # fmt: skip
    shown = {f"{items[row.example].question}\n{right[row.example].strip()}" for row in helped}
    assert {text.removeprefix("A question with its solution:\n").strip() for text in student.shown} == shown


async def test_where_help_helps_nowhere_all_enter_through_bridging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ran(tmp_path, monkeypatch, lambda skill: False)
    reasons = entered(tmp_path)
    assert len(reasons) > 1
    assert all("bridging lessons" in reason for reason in reasons.values())


async def test_without_the_rule_nobody_is_helped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1")
    assert not (tmp_path / "run" / "parts" / "helped").exists()
    manifest = (tmp_path / "run" / "run.yaml").read_text()
    assert "zpd_rule: difficulty" in manifest
    assert json.loads((tmp_path / "run" / "report.json").read_text())
