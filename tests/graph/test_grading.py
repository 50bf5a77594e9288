"""Grading in a run: lessons of code by their own tests, free answers by the judge."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.agents.scripted import ScriptedTeacher, always, context_of, item
from tests.pedagogy.lessons import lesson
from tests.training.sandbox.conftest import usable
from tutelage.agents.judge import Judge
from tutelage.graph.context import RunContext
from tutelage.graph.grading import agrees, grades
from tutelage.graph.records import JudgementRecord
from tutelage.pedagogy.records import Lesson
from tutelage.teachers.contracts import Request
from tutelage.training.code_grader import CodeGrader
from tutelage.training.grading import GraderName, grader
from tutelage.training.sandbox.contracts import CodeSettings
from tutelage.training.sandbox.pool import Sandbox

TESTS = "assert double(2) == 4\nassert double(0) == 0"
RIGHT = "```python\ndef double(x):\n    return 2 * x\n```"


class Ground:
    """What grading needs of a run."""

    def __init__(self, name: GraderName, by: Any, judge: Judge | None = None) -> None:
        self.parts: dict[str, list[JudgementRecord]] = {}
        self.attributes: dict[str, Any] = {}
        self.domain = SimpleNamespace(grader=name)
        self.grader = by
        self.agents = SimpleNamespace(judge=judge)
        self.rundir = SimpleNamespace(write_part=lambda ledger, part, rows: self.parts.update({part: rows}))
        self.tracer = SimpleNamespace(span=lambda *_: self)

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def set_attributes(self, values: dict[str, Any]) -> None:
        self.attributes |= values

    @property
    def ctx(self) -> RunContext:
        return cast(RunContext, self)


def code_lesson(answer: str, tests: str) -> Lesson:
    made = lesson("Write double(x).", answer=answer)
    return made.model_copy(update={"solution": made.solution.model_copy(update={"verification": tests})})


@pytest.mark.parametrize(
    ("answer", "tests", "response", "holds"),
    [
        (RIGHT, TESTS, f"Answer: {RIGHT}", True),
        (RIGHT, TESTS, "def double(x):\n    return x + x", True),
        (RIGHT, TESTS, "def double(x):\n    return x * x + 1", False),
        (RIGHT, "assert 1 == 1", RIGHT, None),
        (RIGHT, "it doubles", RIGHT, None),
        ("two times x", TESTS, RIGHT, None),
    ],
)
async def test_a_lesson_of_code_is_graded_by_tests_that_are_of_its_answer(
    answer: str, tests: str, response: str, holds: bool | None
) -> None:
    sandbox = usable(Sandbox(CodeSettings(workers=1)))
    ground = Ground("code", CodeGrader(sandbox))
    assert await agrees(ground.ctx, response, code_lesson(answer, tests)) is holds
    sandbox.close()


async def test_a_judged_domain_keeps_both_orders_and_counts_agreement() -> None:
    def say(request: Request, before: int) -> dict[str, str]:
        said = context_of(request)
        if "fair" in (said["answer_A"], said["answer_B"]):
            return {"reason": "by place", "better": "A"}
        return {"reason": "so", "better": "A" if said["answer_A"] == "good" else "B"}

    ground = Ground("judge", grader("judge"), Judge(ScriptedTeacher(say), max_tokens=50))
    found = await grades(ground.ctx, "p", [item("a"), item("b"), item("c")], ["Steps.\nAnswer: good", "fair", ""])
    assert found == ["right", "wrong", "wrong"]
    assert [row.agreed for row in ground.parts["p"]] == [True, False, True]
    assert (ground.attributes["tutelage.judge.agreed"], ground.attributes["tutelage.judge.disagreed"]) == (2, 1)


async def test_a_lesson_of_a_judged_domain_is_compared_with_its_own_answer() -> None:
    teacher = always({"reason": "", "better": "same"})
    ground = Ground("judge", grader("judge"), Judge(teacher, max_tokens=50))
    told = lesson("Name a fruit.", answer="An apple.")
    assert await agrees(ground.ctx, "Answer: An apple.", told) is True
    assert teacher.asked == [], "nothing is asked of a lesson's own answer"
    assert await agrees(ground.ctx, "A pear.", told) is True
    assert await agrees(ground.ctx, "A pear.", lesson("Name a fruit.", answer="-")) is None
