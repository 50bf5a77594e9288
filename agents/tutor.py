"""The Tutor: writes lessons for one module, fitted to what was measured of this student."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from tutelage.agents.answers import BareLessonsAnswer, CodeLessonsAnswer, LessonAnswer, LessonsAnswer, SalvagedLessons
from tutelage.agents.prompting import describe, one_line, prompt_hash, seed_from, structured_request
from tutelage.pedagogy.lesson import LessonRequest
from tutelage.pedagogy.records import Adaptation, Item, Lesson, LessonKind, Module, Provenance, Solution, StudentProfile
from tutelage.teachers.bounded import each_paid
from tutelage.teachers.client import Teacher
from tutelage.teachers.contracts import Request
from tutelage.teachers.structured import Structured, ask_structured, read_cut

ANSWER_FORMS = {
    "code": "The problem names the function and its parameters. The steps say what the function does, line by line. "
    "final_answer is the whole function in Python and nothing else, a list of its lines, as "
    '["def double(x):", "    return x * 2"]. '
    "verification is a list of three Python assert statements that call it, and nothing else, as "
    '["assert double(0) == 0", "assert double(4) == 8", "assert double(-3) == -6"].',
    "choice": "The problem ends with its options, one a line, as 'A. ...'. final_answer is the right one's letter.",
    "rouge": "final_answer is the whole response to the instruction, in sentences.",
    "judge": "final_answer is the whole response to the instruction, in sentences.",
}
"""By grader: what the Tutor is told of answers that are more than a bare value."""
AIMS: Mapping[LessonKind, str] = {
    "core": "Teach the module as it is.",
    "remedial": "The student failed the gate. Teach only what it gets wrong (see its wrong answers and "
    "misconceptions), with smaller instances and finer steps.",
    "bridging": "The student has the smaller instances. Go one notch harder at a time and skip none.",
}
"""By kind: what the Tutor is told of it, since every word of a prompt is paid for at every call."""
WRONG_ANSWERS = 4
"""Most that the Tutor is shown; what is behind more of them it is told in the Diagnostician's words."""


def lessons_shape(answer_form: str | None) -> type[BaseModel]:
    """The shape that lessons are asked for in."""
    if answer_form is None:
        return BareLessonsAnswer
    return CodeLessonsAnswer if answer_form == ANSWER_FORMS["code"] else LessonsAnswer


@dataclass(frozen=True)
class Assignment:
    """One module's order for one round.

    Attributes:
        seeds: Diagnostic items to start from; never empty.
        overdraw: Most candidates asked for per lesson wanted.
        per_call: Lessons asked for in one call.
        answer_form: What an answer looks like, where it is more than a bare value.
        adapt: Whether the Tutor is told what was measured of the student.
    """

    module: Module
    request: LessonRequest
    profile: StudentProfile
    seeds: tuple[Item, ...]
    stage: int
    round: int
    run_seed: int
    overdraw: float
    per_call: int
    answer_form: str | None = None
    adapt: bool = True

    @property
    def candidates(self) -> int:
        """Candidates that may be asked for."""
        return math.ceil(self.request.count * self.overdraw)

    @property
    def calls(self) -> int:
        """Calls that may be made for them."""
        return math.ceil(self.candidates / self.per_call)


@dataclass(frozen=True)
class Draft:
    """A lesson as the teacher wrote it, not verified yet; no lesson where the reply could not be read."""

    lesson: Lesson | None
    problem: str | None
    provenance: Provenance


class Tutor:
    """Writes core, remedial and bridging lessons (section 3.4 of arXiv 2602.12172)."""

    def __init__(self, teacher: Teacher, *, max_tokens: int, temperature: float) -> None:
        self._teacher = teacher
        self._max_tokens = max_tokens
        self._temperature = temperature

    async def write(self, assignment: Assignment, calls: range) -> tuple[list[Draft], bool]:
        """The drafts of some calls of an assignment, and whether the budget ended them before their end.

        They are in the order of the calls, whatever order they were answered in.

        Args:
            assignment: What is wanted.
            calls: Numbers of the calls, from 0 to ``assignment.calls``.
        """

        async def call(number: int) -> list[Draft]:
            left = assignment.candidates - number * assignment.per_call
            return await self._call(assignment, number, min(assignment.per_call, left))

        written, spent = await each_paid(calls, call)
        return [draft for drafts in written for draft in drafts], spent

    def prompt_characters(self, assignment: Assignment) -> int:
        """How long a prompt of this assignment is."""
        return self._request(assignment, _seeds_for(assignment, 0), "0", 1).characters

    def _request(self, assignment: Assignment, seeds: Sequence[Item], number: str, count: int) -> Request:
        return structured_request(
            "tutor", "tutor_lessons", "lessons", _context(assignment, seeds, count),
            lessons_shape(assignment.answer_form),
            max_tokens=self._max_tokens, temperature=self._temperature, seed=_seed(assignment, number),
            module=assignment.module.id, most=count,
        )  # fmt: skip

    async def _call(self, assignment: Assignment, number: int, count: int, *, again: str = "") -> list[Draft]:
        """The drafts of one call.

        Where the token limit cut the reply, the lessons it holds whole are kept and the others asked for again: all
        at once where some were whole, in two halves where none was.
        """
        seeds = _seeds_for(assignment, number)
        request = self._request(assignment, seeds, f"{number}{again}", count)
        answer = await ask_structured(self._teacher, request, SalvagedLessons)
        lessons, unreadable = lessons_in(answer)
        known = {item.id for item in assignment.seeds}
        drafts = [
            Draft(
                lesson_of(assignment.module, lesson),
                None,
                _provenance(assignment, answer, lesson.seed_item if lesson.seed_item in known else None),
            )
            for lesson in lessons
        ]
        # Which seed item an unreadable lesson was for is unknown.
        seed_item = None if lessons else seeds[0].id
        drafts += [Draft(None, why, _provenance(assignment, answer, seed_item)) for why in unreadable]
        if answer.failure is not None and answer.failure.reason == "truncated":
            whole = len(lessons)
            shares = [count - whole] if whole else [(count + 1) // 2, count // 2] if count > 1 else []
            for side, share in zip("ab", shares, strict=False):
                if share > 0:
                    drafts += await self._call(assignment, number, share, again=again + side)
        return drafts


def lessons_in(answer: Structured[SalvagedLessons]) -> tuple[tuple[LessonAnswer, ...], tuple[str, ...]]:
    """The lessons that can be read, of a reply that was cut those before the cut, and why each other one cannot."""
    cut = answer.failure is not None and answer.failure.reason == "truncated"
    value = read_cut(answer.replies[-1], SalvagedLessons) if cut else answer.value
    if value is None or not value.lessons:
        return (), (describe(answer.failure),)
    reasons = tuple(one_line(why) for why in value.unreadable)
    # A cut reply ends in the lesson that was cut.
    return value.lessons, (*reasons[:-1], describe(answer.failure)) if cut and reasons else reasons


def _seeds_for(assignment: Assignment, number: int) -> list[Item]:
    """Two seed items a call, walking round the pool; of the levels ordered where there are any."""
    levels = assignment.request.levels
    pool = [s for s in assignment.seeds if levels is None or s.level is None or s.level in levels]
    pool = pool or list(assignment.seeds)
    return [pool[(2 * number + k) % len(pool)] for k in range(min(2, len(pool)))]


def _context(assignment: Assignment, seeds: Sequence[Item], count: int) -> dict[str, object]:
    profile = assignment.profile
    form = {} if assignment.answer_form is None else {"answer_form": assignment.answer_form}
    # What all calls of an order share comes first: servers keep the beginning of a prompt that they have read before.
    return {
        **form,
        "module": assignment.module.model_dump(mode="json"),
        "kind": assignment.request.kind,
        "aim": AIMS[assignment.request.kind],
        "student": _student(profile) if assignment.adapt else {},
        "levels": None if assignment.request.levels is None else list(assignment.request.levels),
        "count": count,
        "seed_items": [seed_facts(seed) for seed in seeds],
    }


def seed_facts(item: Item) -> dict[str, object]:
    """A seed item as prompts show it."""
    return {"id": item.id, "question": item.question, "reference": item.reference, "level": item.level}


def _student(profile: StudentProfile) -> dict[str, object]:
    """What was measured of the student; what was not, or is nothing, is left out."""
    measured = {
        "ratio": None if profile.ratio is None else round(profile.ratio, 3),
        "longest_chain": profile.longest_chain,
        "misconceptions": [{"name": m.name, "explanation": m.explanation} for m in profile.misconceptions],
        "wrong_answers": [
            {"question": w.question, "reference": w.reference, "response": w.response[:200]}
            for w in profile.wrong_answers[:WRONG_ANSWERS]
        ],
    }
    return {key: value for key, value in measured.items() if value not in (None, [])}


def _seed(assignment: Assignment, number: str) -> int:
    return seed_from(f"{assignment.run_seed}:{assignment.module.id}:{assignment.round}:{number}")


def lesson_of(module: Module, answer: LessonAnswer) -> Lesson:
    """A lesson of a module as its teacher wrote it."""
    return Lesson(
        module=module.id,
        prerequisites=module.prerequisites,
        difficulty=module.difficulty,
        problem=answer.problem,
        solution=Solution(
            steps=answer.steps, final_answer=answer.final_answer.strip(), verification=answer.verification
        ),
        adaptation=Adaptation.model_validate(answer.adaptation.model_dump()),
        level=answer.level,
    )


def _provenance(assignment: Assignment, answer: Structured[SalvagedLessons], seed_item: str | None) -> Provenance:
    last = answer.replies[-1]
    return Provenance(
        kind=assignment.request.kind,
        stage=assignment.stage,
        round=assignment.round,
        seed_item=seed_item,
        endpoint=last.endpoint,
        model=last.model,
        prompt_hash=prompt_hash("tutor_lessons"),
        call_id=last.call_id,
    )
