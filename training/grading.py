"""All graders by name, and grading of many answers at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Literal

from tutelage.pedagogy.records import Grade, Lesson
from tutelage.training.choice import ChoiceGrader
from tutelage.training.code_grader import CodeGrader
from tutelage.training.graders import ExactGrader, Grader, MathGrader, NumericGrader, unreadable
from tutelage.training.sandbox.contracts import CodeSettings
from tutelage.training.sandbox.pool import Sandbox

GraderName = Literal["exact", "numeric", "math", "choice", "code", "rouge", "judge"]

ANSWER_TOKENS: Mapping[GraderName, int] = {
    "exact": 96, "numeric": 96, "math": 256, "choice": 128, "code": 256, "rouge": 128, "judge": 256,
}  # fmt: skip
"""Most new tokens of a student's answer, by what grades it: a value takes a line or two, a program a page."""

LEAST_ROUGE = 0.4


class JudgedElsewhere:
    """Stands for the judge, who is a teacher and asked like one: here only its references are checked."""

    lanes = 0

    def check_reference(self, reference: str) -> None:
        """A reference must have words to be compared with."""
        if not any(c.isalnum() for c in reference):
            raise unreadable(reference, "an answer to compare with")

    def grade(self, response: str, reference: str) -> Grade:
        """Not to be asked: a judgement needs a teacher."""
        raise NotImplementedError("answers of a judged domain are graded by agents.judge")


@lru_cache
def grader(name: GraderName, code: CodeSettings | None = None, least_rouge: float = LEAST_ROUGE) -> Grader:
    """The grader of that name; one for the whole process, since ``math`` and ``code`` hold helpers."""
    match name:
        case "exact":
            return ExactGrader()
        case "numeric":
            return NumericGrader()
        case "math":
            return MathGrader()
        case "choice":
            return ChoiceGrader()
        case "code":
            return CodeGrader(Sandbox(code or CodeSettings()))
        case "rouge":
            # Its library loads slowly, and most runs never ask for it.
            from tutelage.training.rouge import RougeGrader

            return RougeGrader(least_rouge)
        case "judge":
            return JudgedElsewhere()


async def grade_all(by: Grader, pairs: Sequence[tuple[str, str]]) -> list[Grade]:
    """The grade of every (response, reference), in order. Slow graders leave the event loop free."""
    if by.lanes == 0:
        return [by.grade(response, reference) for response, reference in pairs]

    def work() -> list[Grade]:
        with ThreadPoolExecutor(by.lanes) as lanes:
            return list(lanes.map(lambda pair: by.grade(*pair), pairs))

    return await asyncio.to_thread(work)


def lesson_reference(name: GraderName, lesson: Lesson) -> str:
    """What answers to a lesson's problem are graded against: its answer, or the tests that came with it."""
    return lesson.solution.verification if name == "code" else lesson.solution.final_answer
