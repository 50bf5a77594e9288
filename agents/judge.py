"""The judge: a teacher that compares a response with the reference answer, asked in both orders."""

from __future__ import annotations

import asyncio
from typing import Literal

from tutelage.agents.answers import JudgeAnswer
from tutelage.agents.prompting import structured_request
from tutelage.pedagogy.records import Grade, Record
from tutelage.teachers.client import Teacher
from tutelage.teachers.structured import ask_structured

Preference = Literal["response", "reference", "same"]


class Judgement(Record):
    """How a response compares with the reference.

    Attributes:
        response_first: What was preferred when the response stood first; None where the judge gave no judgement.
        reference_first: Likewise with the reference first.
    """

    response_first: Preference | None
    reference_first: Preference | None

    @property
    def agreed(self) -> bool | None:
        """Whether both orders say the same of the response: that it is good enough, or not. None: one is missing."""
        if self.response_first is None or self.reference_first is None:
            return None
        return (self.response_first == "reference") == (self.reference_first == "reference")

    @property
    def grade(self) -> Grade:
        """Right where the response is at least as good as the reference in both orders: place must not decide."""
        if self.agreed is None:
            return "unparseable"
        return "right" if "reference" not in (self.response_first, self.reference_first) else "wrong"


class Judge:
    """Compares answers in free words."""

    def __init__(self, teacher: Teacher, *, max_tokens: int) -> None:
        self._teacher = teacher
        self._max_tokens = max_tokens

    async def compare(self, question: str, response: str, reference: str, *, module: str) -> Judgement:
        """Ask in both orders. An empty response is not asked about."""
        if not response.strip():
            return Judgement(response_first="reference", reference_first="reference")
        first, second = await asyncio.gather(
            self._ask(question, response, reference, module), self._ask(question, reference, response, module)
        )
        by_letter: dict[str | None, tuple[Preference | None, Preference | None]] = {
            "A": ("response", "reference"), "B": ("reference", "response"), "same": ("same", "same"),
            None: (None, None),
        }  # fmt: skip
        return Judgement(response_first=by_letter[first][0], reference_first=by_letter[second][1])

    async def _ask(self, question: str, a: str, b: str, module: str) -> str | None:
        context = {"question": question, "answer_A": a, "answer_B": b}
        request = structured_request(
            "judge", "judge_answers", "judgement", context, JudgeAnswer, max_tokens=self._max_tokens, module=module
        )
        answer = await ask_structured(self._teacher, request, JudgeAnswer)
        return None if answer.value is None else answer.value.better
