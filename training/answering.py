"""Who answers for the student: one small protocol, the backends behind it, and which of them is taken. No torch."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from tutelage.errors import StudentServerError
from tutelage.training.contracts import Answer, AnswerSettings, Question, Sampling
from tutelage.training.served import ServedStudent
from tutelage.training.student import Student

Progress = Callable[[int, int], None]
Backend = Literal["transformers", "vllm"]


def ignore(done: int, total: int) -> None:
    """Nobody watches."""


class Answering(Protocol):
    """An open student. Greedy unless told to sample; in the input's order.

    Greedily, the same answer to the same question whatever its batch.
    """

    @property
    def backend(self) -> Backend:
        """What gave the latest answers."""
        ...

    async def answer(
        self, questions: Sequence[Question], on_progress: Progress = ..., sampling: Sampling | None = None
    ) -> list[Answer]:
        """Answer all questions, calling ``on_progress`` with (answers so far, questions) now and then."""
        ...


@contextlib.asynccontextmanager
async def open_student(
    model: Path,
    adapter: Path | None,
    settings: AnswerSettings,
    log: Path,
    on_note: Callable[[str], None] = lambda note: None,
) -> AsyncIterator[Answering]:
    """The student for the length of the block, on the backend that ``settings.backend`` says.

    Args:
        model: folder of the base model.
        adapter: folder of the adapter, or None for the untaught student.
        settings: how it answers, and on what.
        log: file that the child's stderr is appended to.
        on_note: called with a line where ``auto`` could not use the server that the settings name.

    Raises:
        StudentError: the folder or the adapter is not complete.
        TrainingError: the adapter does not belong to this student.
        StudentServerError: backend ``vllm``, and the server is not there or does not serve this very student.
        WorkerDied: the child ended.
    """
    if settings.backend == "transformers" or settings.url is None:
        async with Student.open(model, adapter, settings, log) as here:
            yield here
    elif settings.backend == "vllm":
        async with ServedStudent.open(model, adapter, settings, log) as served:
            yield served
    else:
        async with _ServerFirst(model, adapter, settings, log, on_note) as first:
            yield first


class _ServerFirst:
    """The server for as long as it answers, and the student's own process from its first failure on."""

    def __init__(
        self, model: Path, adapter: Path | None, settings: AnswerSettings, log: Path, on_note: Callable[[str], None]
    ) -> None:
        self._what = (model, adapter, settings, log)
        self._on_note = on_note
        self._stack = AsyncExitStack()
        self._now: Answering | None = None

    async def __aenter__(self) -> Self:
        try:
            self._now = await self._stack.enter_async_context(ServedStudent.open(*self._what))
        except StudentServerError as error:
            self._now = await self._fall_back(error)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def backend(self) -> Backend:
        return self._opened.backend

    async def answer(
        self, questions: Sequence[Question], on_progress: Progress = ignore, sampling: Sampling | None = None
    ) -> list[Answer]:
        try:
            return await self._opened.answer(questions, on_progress, sampling)
        except StudentServerError as error:
            # All of them anew: a measurement is never half of one engine and half of another.
            self._now = await self._fall_back(error)
            return await self._now.answer(questions, on_progress, sampling)

    async def _fall_back(self, error: StudentServerError) -> Student:
        self._on_note(f"the student answers in its own process: {error.line}")
        return await self._stack.enter_async_context(Student.open(*self._what))

    @property
    def _opened(self) -> Answering:
        if self._now is None:
            raise RuntimeError("asked before it was opened")
        return self._now
