"""The zone of proximal development by help: what the student fails alone and solves after a worked example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tutelage.graph.context import RunContext
from tutelage.graph.grading import grades
from tutelage.graph.measure import Examiner
from tutelage.graph.records import HelpedAttempt
from tutelage.graph.rundir import digest, part_name
from tutelage.pedagogy.records import Attempt, Item
from tutelage.pedagogy.zpd import Help
from tutelage.training.contracts import Question


async def measure_help(
    ctx: RunContext, adapter: str | None, round_number: int, modules: Sequence[str]
) -> dict[str, Help]:
    """What help does for the student as it stands, on the diagnostic items of each module.

    The worked examples are the reference teacher's own right answers to other items of the module, of the nearest
    level. Where it has none, nothing is measured. Gate and held-out items are never shown.

    Args:
        ctx: The run.
        adapter: The student's.
        round_number: The round that is planned.
        modules: Those that could start.
    """
    if not modules:
        return {}
    async with Examiner(ctx, adapter, round_number) as examiner:
        failed = await _failed_alone(ctx, examiner, round_number, modules)
        pairs = [(item, example) for item in failed if (example := _example(ctx, item)) is not None]
        helped = await _with_examples(ctx, examiner, round_number, pairs)
    measured = {item.module for item, _ in pairs} | (set(modules) - {item.module for item in failed})
    return {
        k: Help(
            failed=sum(a.module == k for a in helped), solved=sum(a.module == k and a.grade == "right" for a in helped)
        )
        for k in modules
        if k in measured
    }


def help_lines(helped: Mapping[str, Help]) -> list[str]:
    """What was measured, a line a module, for the record of decisions."""
    return [
        f"{module}: of {found.failed} items failed alone, {found.solved} are solved after a worked example"
        for module, found in sorted(helped.items())
    ]


async def _failed_alone(ctx: RunContext, examiner: Examiner, round_number: int, modules: Sequence[str]) -> list[Item]:
    items = [item for k in modules for item in ctx.of_module(k, "diagnostic")]
    wanted = {item.id for item in items}
    known = {
        a.probe: a
        for a in ctx.rundir.rows("attempts", Attempt)
        if a.role == "student" and a.model == examiner.model and a.probe in wanted
    }
    left = [item for item in items if item.id not in known]
    if left:
        part = part_name(round_number, "plan", "alone")
        known |= {a.probe: a for a in await examiner.attempts(part, left, "the zone, alone")}
    return [item for item in items if known[item.id].grade != "right"]


async def _with_examples(
    ctx: RunContext, examiner: Examiner, round_number: int, pairs: Sequence[tuple[Item, Attempt]]
) -> list[HelpedAttempt]:
    if not pairs:
        return []
    items = [item for item, _ in pairs]
    key = digest(examiner.model, *(f"{item.id}:{example.probe}" for item, example in pairs))
    name = f"{part_name(round_number, 'plan', 'helped')}-{key}"
    path = ctx.rundir.part("helped", name)
    if not path.exists():
        questions = [Question(id=item.id, text=_worded(ctx, item, example)) for item, example in pairs]
        answers = await examiner.answers(name, questions, "the zone, with a worked example")
        marks = await grades(ctx, name, items, [answer.text for answer in answers])
        rows = [
            HelpedAttempt(
                probe=item.id, module=item.module, example=example.probe, round=round_number, response=answer.text,
                grade=grade, truncated=answer.truncated,
            )
            for (item, example), answer, grade in zip(pairs, answers, marks, strict=True)
        ]  # fmt: skip
        ctx.rundir.write_part("helped", name, rows)
    return ctx.rundir.rows("helped", HelpedAttempt, name)


def _worded(ctx: RunContext, item: Item, example: Attempt) -> str:
    solved = ctx.items[example.probe].question
    return (
        f"A question with its solution:\n{solved}\n{example.response.strip()}\n\n"
        f"Now answer this one in the same way:\n{ctx.question(item)}"
    )


def _example(ctx: RunContext, item: Item) -> Attempt | None:
    """The reference teacher's right answer to the item most like this one in size."""
    found = [
        a
        for a in ctx.rundir.rows("attempts", Attempt)
        if a.role == "teacher" and a.grade == "right" and a.probe in ctx.items and a.probe != item.id
        and (ctx.items[a.probe].module, ctx.items[a.probe].pool) == (item.module, "diagnostic")
    ]  # fmt: skip
    return min(found, key=lambda a: (abs((ctx.items[a.probe].level or 0) - (item.level or 0)), a.probe), default=None)
