"""Lessons of one module for one round: written and verified in turns, until there are enough or the budget is spent."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from tutelage.agents.tutor import Draft
from tutelage.agents.verifier import Verifier
from tutelage.errors import BudgetSpent
from tutelage.graph.benchmarks import what_is_measured
from tutelage.graph.context import RunContext
from tutelage.graph.grading import agrees
from tutelage.graph.meanings import contacts_of
from tutelage.pedagogy.records import Candidate, LessonKind
from tutelage.pedagogy.verification import Guard
from tutelage.tracing import names
from tutelage.tracing.spans import Attribute

About = Mapping[str, Attribute | None]

Write = Callable[[range], Awaitable[tuple[list[Draft], bool]]]
"""(numbers of the calls) -> the drafts, and whether the budget ended them."""


@dataclass(frozen=True)
class Wanted:
    """What a round wants of a module.

    Attributes:
        count: Accepted lessons that are enough.
        calls: Most calls to the teacher.
        per_call: Lessons a call.
    """

    count: int
    calls: int
    per_call: int


async def candidates_of(
    ctx: RunContext,
    write: Write,
    wanted: Wanted,
    *,
    prefix: str,
    module: str,
    taught: Sequence[str],
    prompt: str,
    kind: LessonKind,
    first: Sequence[Candidate] = (),
) -> list[Candidate]:
    """The candidates, every one kept, in the order of the calls.

    Args:
        ctx: The run.
        write: Asks the teacher.
        wanted: What is enough.
        prefix: Of the candidates' ids.
        module: Whose lessons.
        taught: Problems that were accepted before.
        prompt: Name of the prompt, for the trace.
        kind: Of the lessons, for the trace.
        first: Candidates that there are already; they count.

    Raises:
        BudgetSpent: a cap ended the writing, and the run is to stop there (``limits.spent``).
    """
    finish = ctx.finishes
    found = list(first)
    called = 0
    verifier = verifier_of(ctx, ctx.config.tutor.independent_solutions)
    about: dict[str, Attribute | None] = {names.MODULE: module, names.LESSON_KIND: kind}
    async with ctx.rations.writer(module, wanted.per_call) if finish else nullcontext(_at_once) as turn:
        while called < wanted.calls and (missing := wanted.count - _accepted(found)) > 0:
            calls = 1 if finish else min(wanted.calls - called, math.ceil(missing / wanted.per_call))
            async with turn():
                drafts, spent = await _written(
                    ctx, write, range(called, called + calls), {**about, names.PROMPT_NAME: prompt}
                )
                if spent and not finish:
                    raise ctx.meter.spent or BudgetSpent("the budget is spent")
                accepted = [c.example.problem for c in found if c.accepted and c.example is not None]
                found += await _verified(ctx, verifier, drafts, len(found), prefix, about, [*taught, *accepted])
                if spent:
                    break
                called += calls
    return found


def taken(drafts: Sequence[Draft], prefix: str, module: str) -> list[Candidate]:
    """Accepted as they are: their answers are the seeds' references, or were graded against them."""
    return [
        Candidate(
            id=f"{prefix}/{number:04d}", module=module, kind="core", accepted=True, reason=None,
            example=draft.lesson, provenance=draft.provenance,
        )
        for number, draft in enumerate(drafts, 1)
    ]  # fmt: skip


async def _written(ctx: RunContext, write: Write, calls: range, about: About) -> tuple[list[Draft], bool]:
    with ctx.tracer.span(names.WRITE_LESSONS, "AGENT", {**about, names.AGENT_NAME: "tutor"}) as span:
        drafts, spent = await write(calls)
        span.set_attribute(names.DRAFTS, len(drafts))
    return drafts, spent


def verifier_of(ctx: RunContext, solutions: int) -> Verifier:
    """One for all turns: its guard remembers the exemplars that it has looked at.

    Args:
        ctx: The run.
        solutions: Of the teacher that must agree with a lesson.
    """
    return Verifier(
        guard_of(ctx),
        ctx.agents.reference,
        lambda response, lesson: agrees(ctx, response, lesson),
        solutions=solutions,
        finish=ctx.finishes,
        contacts=contacts_of(ctx),
    )


async def _verified(
    ctx: RunContext,
    verifier: Verifier,
    drafts: Sequence[Draft],
    before: int,
    prefix: str,
    about: About,
    taught: Sequence[str],
) -> list[Candidate]:
    with ctx.tracer.span(names.VERIFY_LESSONS, "EVALUATOR", {**about, names.DRAFTS: len(drafts)}) as span:
        candidates = await verifier.verify(
            drafts, prefix=prefix, first=before + 1, module=str(about[names.MODULE]), taught=taught
        )
        accepted = _accepted(candidates)
        span.set_attributes({names.ACCEPTED: accepted, names.REJECTED: len(candidates) - accepted})
    return candidates


def guard_of(ctx: RunContext) -> Guard:
    """What every candidate of the run is checked against."""
    exemplars: dict[str, list[str]] = {}
    for item in ctx.items.values():
        if item.pool == "diagnostic":
            exemplars.setdefault(item.module, []).append(item.question)
    return Guard(
        seen=what_is_measured(ctx.rundir.root, ctx.config.tutor),
        exemplars=exemplars,
        alike=ctx.config.tutor.alike,
        max_characters=ctx.config.tutor.max_characters,
    )


def _at_once() -> AbstractAsyncContextManager[None]:
    return nullcontext()


def _accepted(candidates: Sequence[Candidate]) -> int:
    return sum(c.accepted for c in candidates)
