"""A module's first lessons: probes of its own as the reference teacher solves them, graded against their references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tutelage.agents.writer import from_teacher
from tutelage.files import sha256_text
from tutelage.graph.context import RunContext
from tutelage.graph.estimated_work import AN_ANSWER_TOKENS
from tutelage.graph.lessons import verifier_of
from tutelage.graph.measure import diagnosed, teacher_attempts
from tutelage.graph.rundir import part_name
from tutelage.graph.solutions import solution_in
from tutelage.pedagogy.records import Attempt, Candidate, Item, Module


async def solved_probes(
    ctx: RunContext, module: Module, round_number: int, taught: Sequence[str], allowed: int | None
) -> tuple[list[Candidate], int | None]:
    """Lessons out of ``tutor.solved_probes`` probes, and what they leave of the module's allowance.

    What the diagnosis had the teacher answer has been paid for. An answer to a further probe costs a seventh of a
    lesson that is written: its question is there, and its reference verifies it.

    Args:
        ctx: The run.
        module: To be taught for the first time.
        round_number: Of the lessons.
        taught: Problems that were accepted before.
        allowed: The module's allowance in teacher tokens; None without a cap.
    """
    wanted = ctx.of_module(module.id, "diagnostic")[: ctx.config.tutor.solved_probes]
    if not wanted:
        return [], allowed
    answers = diagnosed(ctx, "teacher")
    new = [item for item in wanted if item.id not in answers]
    if allowed is not None:
        new = new[: allowed // AN_ANSWER_TOKENS]
    if new:
        part, label = part_name(round_number, "tutor", module.id), f"probes solved for {module.id}"
        answers |= {a.probe: a for a in await teacher_attempts(ctx, part, new, round_number, label, as_paid=True)}
    lessons = await as_lessons(ctx, module, wanted, answers, round_number, taught)
    return lessons, None if allowed is None else allowed - len(new) * AN_ANSWER_TOKENS


async def as_lessons(
    ctx: RunContext,
    module: Module,
    items: Sequence[Item],
    answers: Mapping[str, Attempt],
    round_number: int,
    taught: Sequence[str] = (),
) -> list[Candidate]:
    """Lessons out of the items that their teacher answered right.

    Args:
        ctx: The run.
        module: Whose items.
        items: Of the seeds.
        answers: The reference teacher's, by item.
        round_number: Of the lessons.
        taught: Problems that were accepted before.
    """
    prompt, grader = sha256_text(ctx.domain.answer_instruction), ctx.domain.grader
    right = [(item, answers[item.id]) for item in items if item.id in answers and answers[item.id].grade == "right"]
    drafts = [
        from_teacher(module, item, solution_in(grader, a.response, item.reference), round_number, a, prompt)
        for item, a in right
    ]
    # The reference has verified their answers; the rest is checked as with every lesson.
    prefix = f"r{round_number:03d}/{module.id}"
    return await verifier_of(ctx, 0).verify(drafts, prefix=prefix, module=module.id, taught=taught)


def not_taught(ctx: RunContext, module: str) -> Sequence[Item]:
    """The diagnostic items that still measure: those that were no lessons, or all where there are no others."""
    items = ctx.of_module(module, "diagnostic")
    return items[ctx.config.tutor.solved_probes :] or items
