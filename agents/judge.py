"""The judge: a teacher that compares a response with the reference answer, asked in both orders."""

from __future__ import annotations

import asyncio
from typing import Literal, NamedTuple

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
        calls: The replies that it stands on; none where nothing had to be asked.
    """

    response_first: Preference | None
    reference_first: Preference | None
    calls: tuple[str, ...] = ()

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
        orders = ((response, reference), (reference, response))
        # Both are awaited also where one fails: what is on its way is paid for.
        said = await asyncio.gather(*(self._ask(question, a, b, module) for a, b in orders), return_exceptions=True)
        first, second = (_or_raise(one) for one in said)
        by_letter: dict[str | None, tuple[Preference | None, Preference | None]] = {
            "A": ("response", "reference"), "B": ("reference", "response"), "same": ("same", "same"),
            None: (None, None),
        }  # fmt: skip
        return Judgement(
            response_first=by_letter[first.better][0],
            reference_first=by_letter[second.better][1],
            calls=(*first.calls, *second.calls),
        )

    async def _ask(self, question: str, a: str, b: str, module: str) -> _Said:
        context = {"question": question, "answer_A": a, "answer_B": b}
        request = structured_request(
            "judge", "judge_answers", "judgement", context, JudgeAnswer, max_tokens=self._max_tokens, module=module
        )
        answer = await ask_structured(self._teacher, request, JudgeAnswer)
        better = None if answer.value is None else answer.value.better
        return _Said(better, tuple(reply.call_id for reply in answer.replies))


def _or_raise(said: _Said | BaseException) -> _Said:
    if isinstance(said, BaseException):
        raise said
    return said


class _Said(NamedTuple):
    """What was said in one order: the letter of the better answer, and the replies that it took."""

    better: Literal["A", "B", "same"] | None
    calls: tuple[str, ...]
