"""Preference pairs: the student's own wrong answers to a round's lessons, which it is to learn to give no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tutelage.errors import BudgetSpent
from tutelage.graph.context import RunContext
from tutelage.graph.grading import lesson_grade
from tutelage.graph.measure import Examiner
from tutelage.graph.nodes.common import announce, begins_at, note
from tutelage.graph.records import LessonAnswer
from tutelage.graph.routing import ends
from tutelage.graph.rundir import digest, part_name
from tutelage.graph.state import State
from tutelage.pedagogy.records import Candidate, Grade, Lesson
from tutelage.teachers.bounded import each
from tutelage.training.contracts import Answer, Example, Question


async def paired(state: State, ctx: RunContext, rows: Sequence[Example]) -> list[Example]:
    """The rows, each with the wrong answer that the student gives to it as the round begins, where it gives one.

    Only the lessons written for this round are asked: what is replayed or rehearsed was taught before, and asking it
    would cost as much again. Where every round begins at the same student, its answers to earlier lessons still hold.
    """
    lessons = [row for row in rows if _is_new(row, state)]
    if ctx.config.training.preference is None or ends(state) or ctx.training_spent() or not lessons:
        return list(rows)
    async with Examiner(ctx, begins_at(state, ctx), state["round"]) as examiner:
        answers = await _answers(ctx, examiner, lessons, state["round"])
        known = [a for a in ctx.rundir.rows("lesson_answers", LessonAnswer) if a.model == examiner.model]
    notes = [note(ctx, state["round"], said_of(answers), "finetune")]
    ctx.rundir.write_part("decisions", part_name(state["round"], "assemble"), notes)
    announce(ctx, notes)
    return with_rejected(rows, known)


def with_rejected(rows: Sequence[Example], answers: Sequence[LessonAnswer]) -> list[Example]:
    """The rows with the wrong ones of these answers beside them. One that cannot be graded tells nothing."""
    wrong = {answer.candidate: answer.response for answer in answers if answer.grade == "wrong"}
    return [row.model_copy(update={"rejected": wrong.get(row.candidate)}) for row in rows]


def said_of(answers: Sequence[LessonAnswer]) -> str:
    """How many pairs these answers make, and what became of the others."""
    cut = sum(answer.truncated for answer in answers)
    found = Counter(answer.grade for answer in answers if not answer.truncated)
    return (
        f"preference: the student answers {found['wrong']} of {len(answers)} new lessons wrong, which are paired with "
        f"its answers; {found['right']} right, {cut} cut short, {found['unparseable'] + found[None]} not to be graded"
    )


def _is_new(row: Example, state: State) -> bool:
    return row.module in state["orders"] and row.candidate.startswith(f"r{state['round']:03d}/")


async def _answers(
    ctx: RunContext, examiner: Examiner, lessons: Sequence[Example], round_number: int
) -> list[LessonAnswer]:
    """The student's graded answers; adopted where this student has answered these lessons before."""
    key = digest(examiner.model, *(row.candidate for row in lessons))
    name = f"{part_name(round_number, 'assemble', 'lessons')}-{key}"
    if not ctx.rundir.part("lesson_answers", name).exists():
        questions = [Question(id=row.candidate, text=row.prompt) for row in lessons]
        answers = await examiner.answers(name, questions, "the student's own answers to its new lessons")
        marks = await _grades(ctx, answers)
        found = [
            LessonAnswer(
                candidate=row.candidate, module=row.module, model=examiner.model, round=round_number,
                response=answer.text, grade=grade, truncated=answer.truncated,
                tokens=answer.prompt_tokens + answer.tokens,
            )
            for row, answer, grade in zip(lessons, answers, marks, strict=True)
        ]  # fmt: skip
        ctx.rundir.write_part("lesson_answers", name, found)
    return ctx.rundir.rows("lesson_answers", LessonAnswer, name)


async def _grades(ctx: RunContext, answers: Sequence[Answer]) -> list[Grade | None]:
    """By each lesson's own answer. Where a budget ends the grading and the run goes on, nothing is graded."""
    written = {c.id: c.example for c in ctx.rundir.rows("candidates", Candidate) if c.example is not None}
    try:
        return await each(answers, lambda answer: _grade(ctx, answer, written))
    except BudgetSpent:
        if not ctx.finishes:
            raise
        return [None] * len(answers)


async def _grade(ctx: RunContext, answer: Answer, written: Mapping[str, Lesson]) -> Grade | None:
    if answer.truncated or not answer.text.strip():
        return None
    return await lesson_grade(ctx, answer.text, written[answer.id])
