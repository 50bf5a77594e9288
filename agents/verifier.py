"""Turns drafts into candidates: each accepted, or rejected with a typed reason, none dropped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence

from tutelage.agents.reference import Reference
from tutelage.agents.tutor import Draft
from tutelage.errors import BudgetSpent
from tutelage.pedagogy.records import Candidate, Contact, Lesson
from tutelage.pedagogy.verification import Guard, Rejection, Taught, contaminated
from tutelage.teachers.bounded import each

Agrees = Callable[[str, Lesson], Awaitable[bool | None]]
"""(response, lesson) -> whether it solves the lesson's problem; None where its answer cannot be graded with."""

Contacts = Callable[[Sequence[str]], Awaitable[Sequence[Contact | None]]]
"""problems -> what each means the same as; None where that is nothing."""


class Verifier:
    """Checks drafts against the guard, by meaning, then against independent solutions of the reference teacher."""

    def __init__(
        self,
        guard: Guard,
        reference: Reference,
        agrees: Agrees,
        *,
        solutions: int,
        finish: bool = False,
        contacts: Contacts | None = None,
    ) -> None:
        """A verifier.

        Args:
            guard: What needs no teacher to check.
            reference: Who solves lessons independently.
            agrees: The domain's grader.
            solutions: How many solutions must agree.
            finish: Whether a spent budget rejects what is not solved yet, instead of ending the verification.
            contacts: Finds paraphrases of what is measured; None where meanings are not compared.
        """
        self._finish = finish
        self._contacts = contacts
        self._guard = guard
        self._reference = reference
        self._agrees = agrees
        self._solutions = solutions

    async def verify(
        self, drafts: Sequence[Draft], *, prefix: str, module: str, taught: Collection[str], first: int = 1
    ) -> list[Candidate]:
        """The candidates, in the order of the drafts.

        Args:
            drafts: What the Tutor wrote.
            prefix: Of the candidates' ids.
            module: The module they were written for.
            taught: Problems accepted before.
            first: Number of the first one.
        """
        seen = Taught(self._guard.alike, taught)
        guarded: list[Rejection | None] = []
        for draft in drafts:
            rejection = await self._first_check(draft, seen)
            if rejection is None and draft.lesson is not None:
                seen.add(draft.lesson.problem)
            guarded.append(rejection)
        guarded = await self._by_meaning(drafts, guarded)
        found = await each(list(zip(drafts, guarded, strict=True)), self._second_check)
        return [
            _candidate(f"{prefix}/{n:04d}", module, draft, rejection)
            for n, (draft, rejection) in enumerate(zip(drafts, found, strict=True), first)
        ]

    async def _first_check(self, draft: Draft, seen: Taught) -> Rejection | None:
        if draft.lesson is None:
            return Rejection("schema", draft.problem or "no lesson in the reply")
        answer = draft.lesson.solution.final_answer
        if await self._agrees(f"Answer: {answer}", draft.lesson) is not True:
            return Rejection("unverifiable", f"the final answer cannot be graded: {answer}")
        return self._guard.check(draft.lesson, seen)

    async def _by_meaning(self, drafts: Sequence[Draft], first: Sequence[Rejection | None]) -> list[Rejection | None]:
        """The rejections with those by meaning: all lessons at once, since an embedding model takes long to load."""
        after = list(first)
        if self._contacts is None:
            return after
        left = [(n, d.lesson.problem) for n, (d, r) in enumerate(zip(drafts, first, strict=True)) if d.lesson and not r]
        contacts = await self._contacts([problem for _, problem in left])
        for (n, _), contact in zip(left, contacts, strict=True):
            after[n] = None if contact is None else contaminated(contact)
        return after

    async def _second_check(self, checked: tuple[Draft, Rejection | None]) -> Rejection | None:
        draft, rejection = checked
        if rejection is not None or draft.lesson is None:
            return rejection
        try:
            return await self._solve(draft.lesson)
        except BudgetSpent:
            if not self._finish:
                raise
            return Rejection("unverifiable", "the budget was spent before it was solved independently")

    async def _solve(self, lesson: Lesson) -> Rejection | None:
        for sample in range(self._solutions):
            reply = await self._reference.answer(lesson.problem, module=lesson.module, sample=sample)
            if not await self._agrees(reply.text, lesson):
                said = " ".join(reply.text.split())[-120:]
                return Rejection("wrong_answer", f"an independent solution disagrees: {said}")
        return None


def _candidate(candidate_id: str, module: str, draft: Draft, rejection: Rejection | None) -> Candidate:
    return Candidate(
        id=candidate_id,
        module=module,
        kind=draft.provenance.kind,
        accepted=rejection is None,
        reason=None if rejection is None else rejection.reason,
        detail=None if rejection is None else rejection.detail,
        contact=None if rejection is None else rejection.contact,
        example=draft.lesson,
        provenance=draft.provenance,
    )
