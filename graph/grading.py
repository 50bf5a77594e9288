"""Grading in a run: by the domain's grader, or by the judge, whose two orders are kept with whether they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tutelage.agents.judge import Judge, Judgement
from tutelage.errors import ReferenceUnparseable
from tutelage.graph.context import RunContext
from tutelage.graph.records import JudgementRecord
from tutelage.pedagogy.records import Grade, Item, Lesson
from tutelage.teachers.bounded import each
from tutelage.tracing import names
from tutelage.training.code_text import answer_code, defined, used
from tutelage.training.graders import answer_text
from tutelage.training.grading import grade_all, lesson_reference


async def grades(ctx: RunContext, part: str, items: Sequence[Item], texts: Sequence[str]) -> list[Grade]:
    """The grade of each answer, and in the trace how many of each there were.

    Args:
        ctx: The run.
        part: Names what the judge said of these answers.
        items: What was asked.
        texts: What was answered.
    """
    with ctx.tracer.span(names.GRADE, "EVALUATOR", {names.ITEMS: len(items)}) as span:
        if ctx.agents.judge is None:
            found: list[Grade] = await grade_all(
                ctx.grader, [(t, i.reference) for i, t in zip(items, texts, strict=True)]
            )
        else:
            judged = await _judged(ctx, ctx.agents.judge, part, items, texts)
            found = [j.grade for j in judged]
            agreements = Counter(judgement.agreed for judgement in judged if judgement.calls)
            span.set_attributes({names.AGREED: agreements[True], names.DISAGREED: agreements[False]})
        counts = Counter(found)
        span.set_attributes(
            {
                names.RIGHT: counts["right"],
                names.WRONG: counts["wrong"],
                names.UNPARSEABLE: counts["unparseable"],
            }
        )
    return found


async def agrees(ctx: RunContext, response: str, lesson: Lesson) -> bool | None:
    """Whether a response solves a lesson's problem, by its ``lesson_grade``; None where it has none."""
    grade = await lesson_grade(ctx, response, lesson)
    return None if grade is None else grade == "right"


async def lesson_grade(ctx: RunContext, response: str, lesson: Lesson) -> Grade | None:
    """The grade of a response to a lesson's problem by the lesson's own answer; None where that cannot be graded with.

    Code is graded against the tests that came with the lesson, which must be of what its own answer defines.
    """
    name = ctx.domain.grader
    if ctx.agents.judge is not None:
        return await _judge_grade(ctx.agents.judge, response, lesson)
    if name == "code" and not _tests_it(lesson):
        return None
    try:
        return (await grade_all(ctx.grader, [(response, lesson_reference(name, lesson))]))[0]
    except ReferenceUnparseable:
        return None


def _tests_it(lesson: Lesson) -> bool:
    code = answer_code(lesson.solution.final_answer)
    return code is not None and bool(defined(code) & used(lesson.solution.verification))


async def _judged(
    ctx: RunContext, judge: Judge, part: str, items: Sequence[Item], texts: Sequence[str]
) -> list[Judgement]:
    async def one(pair: tuple[Item, str]) -> Judgement:
        item, text = pair
        return await judge.compare(item.question, answer_text(text), item.reference, module=item.module)

    judged = await each(list(zip(items, texts, strict=True)), one)
    rows = [
        JudgementRecord(probe=item.id, agreed=j.agreed, **j.model_dump()) for item, j in zip(items, judged, strict=True)
    ]
    ctx.rundir.write_part("judgements", part, rows)
    return judged


async def _judge_grade(judge: Judge, response: str, lesson: Lesson) -> Grade | None:
    own = lesson.solution.final_answer
    if not any(c.isalnum() for c in own):
        return None
    if response == f"Answer: {own}":
        return "right"  # a lesson's answer is as good as itself
    return (await judge.compare(lesson.problem, answer_text(response), own, module=lesson.module)).grade
