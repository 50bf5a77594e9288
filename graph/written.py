"""Probes for the modules of a map that too few items exercise: written by the Tutor, kept where the grader agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tutelage.agents.diagnostician import Diagnostician
from tutelage.agents.probe_writer import REFERENCE_FORMS, ProbeDraft, ProbeWriter
from tutelage.agents.reference import Reference
from tutelage.configs.sketch import Sketch
from tutelage.errors import DomainError, ReferenceUnparseable
from tutelage.pedagogy.records import Module, Record, RejectionReason
from tutelage.pedagogy.verification import Taught
from tutelage.teachers.bounded import each
from tutelage.teachers.client import Teacher
from tutelage.training.graders import Grader
from tutelage.training.grading import GraderName, grade_all, grader

OVERDRAW, ALIKE, EXAMPLES = 1.5, 0.9, 4
REPLY_TOKENS, ANSWER_TOKENS = 2048, 512
_VERIFIABLE: tuple[GraderName, ...] = ("exact", "numeric", "math", "choice", "code")


class WrittenProbe(Record):
    """A probe that the Tutor wrote: kept, or rejected with a typed reason. Its question is None where none was read."""

    module: str
    kept: bool
    reason: RejectionReason | None
    detail: str | None
    question: str | None
    reference: str | None
    level: int | None
    call_id: str


@dataclass(frozen=True)
class Order:
    """Which modules want probes, and how many each."""

    module: Module
    count: int


def check_verifiable(sketch: Sketch) -> GraderName:
    """The domain's grader, which can tell a right reference from a wrong one.

    Raises:
        DomainError: it cannot, or there is no such grader.
    """
    name = (sketch.model_extra or {}).get("grader", "numeric")
    for known in _VERIFIABLE:
        if name == known:
            return known
    raise DomainError(
        f"probes are written only where a grader can verify them, and '{name}' cannot",
        where="grader",
        do=f"leave --write-probes out; it works with {', '.join(_VERIFIABLE)}",
    )


class Examined:
    """Writes and verifies the probes of one map."""

    def __init__(self, teacher: Teacher, sketch: Sketch, modules: Sequence[Module], questions: Sequence[str]) -> None:
        """Bind the teacher.

        Args:
            teacher: Who writes, tags and solves.
            sketch: The domain.
            modules: Its map.
            questions: Of all items there are: a probe may repeat none.
        """
        self._sketch = sketch
        self._modules = modules
        self._grader_name = check_verifiable(sketch)
        self._grader: Grader = grader(self._grader_name)
        self._writer = ProbeWriter(teacher, max_tokens=REPLY_TOKENS)
        self._tagger = Diagnostician(teacher, max_tokens=REPLY_TOKENS)
        instruction = str((sketch.model_extra or {}).get("answer_instruction", ""))
        self._reference = Reference(teacher, instruction=instruction, max_tokens=ANSWER_TOKENS)
        self._seen = Taught(ALIKE, questions)

    async def write(self, orders: Sequence[Order], like: Sequence[Mapping[str, Any]]) -> list[WrittenProbe]:
        """Every probe that was written for these modules, with what became of it.

        A probe is kept where its reference can be graded with, it repeats no other question, an independent solution
        agrees with the reference, and the Diagnostician, asked without being told, tags it with this module.
        """
        examples = [{"question": str(r["question"]), "reference": str(r.get("reference", ""))} for r in like]
        form = REFERENCE_FORMS.get(self._grader_name)
        written = [
            (order.module.id, await self._writer.write(self._sketch.description, order.module, examples, count, form))
            for order in orders
            if (count := round(order.count * OVERDRAW))
        ]
        drafts = [(module, draft) for module, found in written for draft in found]
        first = [await self._readable(draft) for _, draft in drafts]
        found = await each(list(zip(drafts, first, strict=True)), self._verified)
        return [_record(module, draft, why) for (module, draft), why in zip(drafts, found, strict=True)]

    async def _readable(self, draft: ProbeDraft) -> tuple[RejectionReason, str] | None:
        probe = draft.probe
        if probe is None:
            return "schema", draft.problem or "no probe in the reply"
        try:
            self._grader.check_reference(probe.reference)
        except ReferenceUnparseable as error:
            return "unverifiable", error.what
        if (repeated := self._seen.repeats(probe.question)) is not None:
            return "duplicate", repeated
        self._seen.add(probe.question)
        return None

    async def _verified(
        self, checked: tuple[tuple[str, ProbeDraft], tuple[RejectionReason, str] | None]
    ) -> tuple[RejectionReason, str] | None:
        (module, draft), why = checked
        if why is not None or draft.probe is None:
            return why
        probe = draft.probe
        reply = await self._reference.answer(probe.question, module=module)
        if (await grade_all(self._grader, [(reply.text, probe.reference)]))[0] != "right":
            return "wrong_answer", f"an independent solution disagrees: {' '.join(reply.text.split())[-120:]}"
        tags = (await self._tagger.tag(self._modules, {"p": probe.question}))["p"]
        if module not in tags:
            return "off_module", f"it is said to exercise {', '.join(tags) or 'no module'}"
        return None


def _record(module: str, draft: ProbeDraft, why: tuple[RejectionReason, str] | None) -> WrittenProbe:
    probe = draft.probe
    return WrittenProbe(
        module=module, kept=why is None, reason=None if why is None else why[0], detail=None if why is None else why[1],
        question=probe and probe.question, reference=probe and probe.reference, level=probe and probe.level,
        call_id=draft.call_id,
    )  # fmt: skip
