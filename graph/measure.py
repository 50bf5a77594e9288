"""Probing: items in, graded attempts out, each piece of work done once however often its node is entered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from itertools import zip_longest
from types import TracebackType
from typing import Self

from tutelage.files import read_rows, write_jsonl
from tutelage.graph.context import RunContext
from tutelage.graph.grading import grades
from tutelage.graph.nodes.common import announce, note
from tutelage.graph.progress import Work
from tutelage.graph.rundir import digest
from tutelage.pedagogy.records import Attempt, Grade, Item, Role
from tutelage.teachers.bounded import each, each_paid
from tutelage.teachers.contracts import Reply
from tutelage.tracing import names
from tutelage.tracing.spans import Attribute
from tutelage.training.adapters import adapter_sha256
from tutelage.training.answering import Answering, open_student
from tutelage.training.contracts import Answer, Question, Sampling


class Examiner:
    """Probes the student as it stands with one adapter. Its process starts at the first question that needs it."""

    def __init__(self, ctx: RunContext, adapter: str | None, round_number: int) -> None:
        self._ctx = ctx
        self._folder = None if adapter is None else ctx.rundir.adapters / adapter
        self._model = "base" if self._folder is None else adapter_sha256(self._folder)
        self._round = round_number
        self._stack = AsyncExitStack()
        self._student: Answering | None = None
        self._notes: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def attempts(
        self, part: str, items: Sequence[Item], label: str, sampling: Sampling | None = None
    ) -> list[Attempt]:
        """The student's graded attempts at ``items``; adopted where this adapter has answered these items before.

        In a comparison what the untaught student answers is adopted from whichever run asked it first.
        """
        name = f"{part}-student-{digest(self._model, *(i.id for i in items))}"
        path = self._ctx.rundir.part("attempts", name)
        shared = None if sampling is not None or self._folder is not None else self._ctx.rundir.shared
        if shared is not None and not path.exists() and (shared / path.name).exists():
            self._ctx.rundir.write_part("attempts", name, read_rows(shared / path.name, Attempt))
        if not path.exists():
            attributes: dict[str, Attribute | None] = {names.ITEMS: len(items), names.PART: name}
            with self._ctx.tracer.span(names.PROBE_STUDENT, "TOOL", attributes) as span:
                student = await self._open()
                questions = [Question(id=i.id, text=self._ctx.question(i)) for i in items]
                answers = await student.answer(questions, _reporter(self._ctx, label), sampling)
                span.set_attribute(names.BACKEND, student.backend)
                marks = await grades(self._ctx, name, items, [answer.text for answer in answers])
            self._write_notes(name)
            rows = [self._attempt(*one, student.backend) for one in zip(items, answers, marks, strict=True)]
            self._ctx.rundir.write_part("attempts", name, rows)
            if shared is not None:
                write_jsonl(shared / path.name, rows)
        return self._ctx.rundir.rows("attempts", Attempt, name)

    async def answers(self, name: str, questions: Sequence[Question], label: str) -> list[Answer]:
        """The student's answers to these questions, not kept and not graded."""
        attributes: dict[str, Attribute | None] = {names.ITEMS: len(questions), names.PART: name}
        with self._ctx.tracer.span(names.PROBE_STUDENT, "TOOL", attributes) as span:
            student = await self._open()
            found = await student.answer(questions, _reporter(self._ctx, label))
            span.set_attribute(names.BACKEND, student.backend)
        self._write_notes(name)
        return list(found)

    @property
    def model(self) -> str:
        """What the student is called in its attempts."""
        return self._model

    async def _open(self) -> Answering:
        ctx = self._ctx
        if self._student is None:
            ctx.progress.emit(Work(label="loading the student", done=0, total=0, unit=""))
            log = ctx.rundir.log(f"student-{self._round:03d}")
            opened = open_student(ctx.student, self._folder, ctx.config.student.answering, log, self._notes.append)
            self._student = await self._stack.enter_async_context(opened)
        return self._student

    def _write_notes(self, name: str) -> None:
        """Leave in the record that another backend answered than the settings hoped for, and why."""
        notes = [note(self._ctx, self._round, text, "go on") for text in self._notes]
        if notes:
            self._ctx.rundir.write_part("decisions", f"{name}-answering", notes)
            announce(self._ctx, notes)
            self._notes.clear()

    def _attempt(self, item: Item, answer: Answer, grade: Grade, backend: str) -> Attempt:
        return Attempt(
            probe=item.id,
            model=self._model,
            endpoint="local" if backend == "transformers" else backend,
            role="student",
            round=self._round,
            response=answer.text,
            grade=grade,
            truncated=answer.truncated,
            tokens=answer.prompt_tokens + answer.tokens,
        )


async def teacher_attempts(
    ctx: RunContext, part: str, items: Sequence[Item], round_number: int, label: str, *, as_paid: bool = False
) -> list[Attempt]:
    """The reference teacher's graded attempts at ``items``; adopted where this teacher has answered them before.

    Args:
        ctx: The run.
        part: Of the run's records.
        items: To be asked, in this order.
        round_number: Of the attempts.
        label: Of the work, for whoever watches.
        as_paid: Whether, where a cap ends the asking and the run goes on with it, what was answered until then will do.

    Raises:
        BudgetSpent: a cap ended the asking otherwise.
    """
    name = f"{part}-teacher-{digest(ctx.teachers['reference'].regime, *(i.id for i in items))}"
    path = ctx.rundir.part("attempts", name)
    if not path.exists():
        with ctx.tracer.span(names.PROBE_TEACHER, "TOOL", {names.ITEMS: len(items), names.PART: name}):
            answered = await _ask_reference(ctx, items, label, as_paid=as_paid and ctx.finishes)
            marks = await grades(ctx, name, [item for item, _ in answered], [reply.text for _, reply in answered])
        ctx.rundir.write_part(
            "attempts",
            name,
            [
                Attempt(
                    probe=item.id,
                    model=reply.model,
                    endpoint=reply.endpoint,
                    role="teacher",
                    round=round_number,
                    response=reply.text,
                    grade=grade,
                    truncated=reply.finish_reason == "length",
                    tokens=reply.prompt_tokens + reply.completion_tokens,
                )
                for (item, reply), grade in zip(answered, marks, strict=True)
            ],
        )
    return ctx.rundir.rows("attempts", Attempt, name)


def diagnosed(ctx: RunContext, role: Role) -> dict[str, Attempt]:
    """The attempts of student or teacher at the diagnosis, by probe."""
    asked = ctx.rundir.rows_of_rounds("attempts", Attempt)
    return {a.probe: a for a in asked if a.role == role and a.round == 0}


async def _ask_reference(
    ctx: RunContext, items: Sequence[Item], label: str, *, as_paid: bool
) -> list[tuple[Item, Reply]]:
    report = _reporter(ctx, label)
    done = 0

    async def ask(item: Item) -> tuple[Item, Reply]:
        nonlocal done
        reply = await ctx.agents.reference.answer(item.question, module=item.module)
        done += 1
        report(done, len(items))
        return item, reply

    return (await each_paid(items, ask))[0] if as_paid else await each(items, ask)


def _reporter(ctx: RunContext, label: str) -> Callable[[int, int], None]:
    def report(done: int, total: int) -> None:
        ctx.progress.emit(Work(label=label, done=done, total=total, unit="questions"))

    return report


def of(module: str, items: Sequence[Item], attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts at one module's items."""
    mine = {item.id for item in items if item.module == module}
    return [attempt for attempt in attempts if attempt.probe in mine]


def interleaved(modules: Iterable[Sequence[Item]]) -> list[Item]:
    """The modules' items, one of each in turn: where a budget ends the asking, all have been asked as much."""
    return [item for one_each in zip_longest(*modules) for item in one_each if item is not None]
