"""The Tutor as a writer of probes, for a module that no item exercises. Whoever asks verifies what it writes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tutelage.agents.answers import ProbeAnswer, ProbesAnswer
from tutelage.agents.prompting import describe, seed_from, structured_request
from tutelage.pedagogy.records import Module
from tutelage.teachers.bounded import each
from tutelage.teachers.client import Teacher
from tutelage.teachers.structured import ask_structured

A_CALL = 5
"""Probes asked for in one call."""
REFERENCE_FORMS = {
    "code": "The question names the function and its parameters. The reference is three or more Python assert "
    "statements that call it, one a line, and nothing else.",
    "choice": "The question ends with its options, one a line, as 'A. ...'. The reference is the right one's letter.",
}
"""By grader: what the Tutor is told of references that are more than a bare value."""


@dataclass(frozen=True)
class ProbeDraft:
    """A probe as the teacher wrote it; none where the reply could not be read, and then why."""

    probe: ProbeAnswer | None
    problem: str | None
    call_id: str


class ProbeWriter:
    """Asks for probes of one module."""

    def __init__(self, teacher: Teacher, *, max_tokens: int, temperature: float = 0.7) -> None:
        self._teacher = teacher
        self._max_tokens = max_tokens
        self._temperature = temperature

    async def write(
        self, description: str, module: Module, like: Sequence[Mapping[str, str]], count: int, form: str | None
    ) -> list[ProbeDraft]:
        """At least ``count`` drafts, where the teacher writes what it is asked for.

        Args:
            description: Of the domain.
            module: What the probes are to exercise.
            like: A few of the domain's items (question, reference), for their form.
            count: Probes asked for.
            form: What a reference looks like, where it is more than a bare value.
        """
        sizes = [min(A_CALL, count - A_CALL * n) for n in range(math.ceil(count / A_CALL))]
        said = {
            **({} if form is None else {"answer_form": form}),
            "domain": description,
            "module": {"id": module.id, "name": module.name, "description": module.description},
            "items": [dict(item) for item in like],
        }

        async def call(numbered: tuple[int, int]) -> list[ProbeDraft]:
            number, size = numbered
            return await self._call({**said, "count": size}, module.id, number)

        return [draft for drafts in await each(list(enumerate(sizes)), call) for draft in drafts]

    async def _call(self, context: dict[str, object], module: str, number: int) -> list[ProbeDraft]:
        request = structured_request(
            "tutor", "tutor_probes", "probes", context, ProbesAnswer, max_tokens=self._max_tokens,
            temperature=self._temperature, seed=seed_from(f"probes:{module}:{number}"), module=module, most=A_CALL,
        )  # fmt: skip
        answer = await ask_structured(self._teacher, request, ProbesAnswer)
        call_id = answer.replies[-1].call_id
        if answer.value is None or not answer.value.probes:
            return [ProbeDraft(None, describe(answer.failure), call_id)]
        return [ProbeDraft(probe, None, call_id) for probe in answer.value.probes]
