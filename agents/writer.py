"""The writer of the other strategies: lessons from starts, by a chain of prompts, with no Tutor's adaptation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from tutelage.agents.answers import LessonAnswer, SalvagedLessons
from tutelage.agents.prompting import PromptName, prompt_hash, seed_from, structured_request
from tutelage.agents.tutor import Draft, lesson_of, lessons_in, lessons_shape, seed_facts
from tutelage.pedagogy.records import Adaptation, Attempt, Item, Lesson, Module, Provenance, Solution
from tutelage.pedagogy.strategies.strategy import Start, Strategy
from tutelage.teachers.bounded import each_paid
from tutelage.teachers.client import Teacher
from tutelage.teachers.contracts import Request
from tutelage.teachers.structured import Structured, ask_structured

NOT_ADAPTED = Adaptation(concretised="none", decomposed="none", load="none", format="none", language="none")


@dataclass(frozen=True)
class Task:
    """One module's lessons of one round.

    Attributes:
        count: Lessons wanted; a strategy whose lessons are the seed items themselves may have fewer.
        per_call: Lessons asked for in one call.
        answer_form: What an answer looks like, where it is more than a bare value.
    """

    module: Module
    starts: tuple[Start, ...]
    count: int
    per_call: int
    round: int
    run_seed: int
    answer_form: str | None = None


class Writer:
    """Asks the Tutor's teacher as a strategy does."""

    def __init__(self, teacher: Teacher, *, max_tokens: int, temperature: float) -> None:
        self._teacher = teacher
        self._max_tokens = max_tokens
        self._temperature = temperature

    async def write(self, strategy: Strategy, task: Task, calls: range) -> tuple[list[Draft], bool]:
        """The drafts of some of the task's starts, and whether the budget ended the writing before its end."""

        async def work(number: int) -> list[Draft]:
            return await self._chain(strategy, task, number, task.starts[number])

        written, spent = await each_paid(calls, work)
        return [draft for drafts in written for draft in drafts], spent

    async def _chain(self, strategy: Strategy, task: Task, number: int, start: Start) -> list[Draft]:
        wanted = 1 if strategy.own_questions else min(task.per_call, task.count - number * task.per_call)
        if strategy.keeps_all:
            wanted = max(1, math.ceil(wanted / len(strategy.writes)))
        kept: list[Draft] = []
        items: Sequence[dict[str, object]] = [seed_facts(item) for item in start.items]
        for turn, name in enumerate(strategy.writes):
            revises = turn > 0 and not strategy.keeps_all
            prompt = cast(PromptName, name)
            request = self._request(task, prompt, f"{number}.{turn}", start, items, wanted, revises)
            drafts = await self._call(task, prompt, request, start)
            kept = [*kept, *drafts] if strategy.keeps_all else drafts
            items = [_written(draft.lesson, n) for n, draft in enumerate(drafts) if draft.lesson is not None]
            if not items:
                break
        return kept

    async def _call(self, task: Task, name: PromptName, request: Request, start: Start) -> list[Draft]:
        answer = await ask_structured(self._teacher, request, SalvagedLessons)
        known = {item.id for item in start.items}
        lessons, unreadable = lessons_in(answer)
        first = None if lessons else start.items[0].id
        return [
            *(
                Draft(
                    lesson_of(task.module, lesson), None, _provenance(task, name, answer, _from(lesson, known, start))
                )
                for lesson in lessons
            ),
            *(Draft(None, why, _provenance(task, name, answer, first)) for why in unreadable),
        ]

    def prompt_characters(self, strategy: Strategy, task: Task) -> int:
        """How long the first prompt of the task's first start is."""
        start = task.starts[0]
        items = [seed_facts(item) for item in start.items]
        request = self._request(task, cast(PromptName, strategy.writes[0]), "0.0", start, items, 1, revises=False)
        return request.characters

    def _request(
        self,
        task: Task,
        name: PromptName,
        number: str,
        start: Start,
        items: Sequence[dict[str, object]],
        count: int,
        revises: bool,
    ) -> Request:
        seed = seed_from(f"{task.run_seed}:{task.module.id}:{task.round}:{number}")
        context: dict[str, object] = {
            "module": task.module.model_dump(mode="json"),
            "task": name,
            "count": count,
            **({"answer_form": task.answer_form} if task.answer_form else {}),
            **({"note": start.note} if start.note else {}),
            **({"attempt": start.attempt} if start.attempt is not None else {}),
            ("drafts" if revises else "seed_items"): list(items),
        }
        return structured_request(
            "tutor", name, "lessons", context, lessons_shape(task.answer_form),
            max_tokens=self._max_tokens, temperature=self._temperature, seed=seed, module=task.module.id, most=count,
        )  # fmt: skip


def from_seed(module: Module, item: Item, round_number: int) -> Draft:
    """A seed item with its reference as a lesson: nobody wrote it."""
    bare = Solution(steps=(), final_answer=item.reference, verification="")
    return _own(module, item, bare, round_number, "seeds")


def from_student(module: Module, item: Item, solution: Solution, round_number: int) -> Draft:
    """A seed item with the student's own answer as a lesson."""
    return _own(module, item, solution, round_number, "student")


def from_teacher(
    module: Module, item: Item, solution: Solution, round_number: int, attempt: Attempt, prompt: str
) -> Draft:
    """A seed item with a teacher's own answer as a lesson; ``prompt`` is the hash of what the teacher was asked by."""
    return _own(module, item, solution, round_number, attempt.model, attempt.endpoint, prompt)


def _own(
    module: Module, item: Item, solution: Solution, round_number: int, who: str, endpoint: str = "local",
    prompt: str = "",
) -> Draft:  # fmt: skip
    lesson = Lesson(
        module=module.id, prerequisites=module.prerequisites, difficulty=module.difficulty, problem=item.question,
        solution=solution, adaptation=NOT_ADAPTED, level=item.level,
    )  # fmt: skip
    provenance = Provenance(
        kind="core", stage=0, round=round_number, seed_item=item.id, endpoint=endpoint, model=who, prompt_hash=prompt,
        call_id="",
    )  # fmt: skip
    return Draft(lesson, None, provenance)


def _written(lesson: Lesson, number: int) -> dict[str, object]:
    """A lesson as the next prompt of a chain sees it."""
    return {
        "id": f"draft-{number}", "question": lesson.problem, "reference": lesson.solution.final_answer,
        "level": lesson.level, "steps": list(lesson.solution.steps),
    }  # fmt: skip


def _from(lesson: LessonAnswer, known: set[str], start: Start) -> str:
    return lesson.seed_item if lesson.seed_item in known else start.items[0].id


def _provenance(task: Task, name: PromptName, answer: Structured[SalvagedLessons], seed_item: str | None) -> Provenance:
    last = answer.replies[-1]
    return Provenance(
        kind="core", stage=0, round=task.round, seed_item=seed_item, endpoint=last.endpoint, model=last.model,
        prompt_hash=prompt_hash(name), call_id=last.call_id,
    )  # fmt: skip
