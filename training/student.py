"""The student as the rest of the system sees it: open it, ask it, close it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from tutelage.errors import StudentError
from tutelage.training.contracts import Answer, AnswerSettings, Question, Sampling
from tutelage.training.process import Worker, worker
from tutelage.training.protocol import Ask, Open
from tutelage.training.provenance import check_taught
from tutelage.training.source import check_student


class Student:
    """A model held by a child process for as long as it is open, so that a gate can look twice."""

    backend: Literal["transformers"] = "transformers"

    def __init__(self, process: Worker) -> None:
        self._process = process

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, model: Path, adapter: Path | None, settings: AnswerSettings, log: Path) -> AsyncIterator[Self]:
        """Load a student for the length of an ``async with`` block.

        Args:
            model: folder of the base model, as ``prepare_student`` returns it.
            adapter: folder of the adapter to merge into it, or None for the untaught student.
            settings: how it answers.
            log: file that the child's stderr is appended to.

        Raises:
            StudentError: the folder or the adapter is not complete, or the device is not there.
            TrainingError: the adapter is not finite, or was trained on another base, tokenizer or chat template.
            WorkerDied: the child ended while loading.
        """
        check_student(model)
        if adapter is not None:
            await asyncio.to_thread(check_taught, adapter, model)
        async with worker(log, settings.threads) as process:
            request = Open(model=str(model), adapter=None if adapter is None else str(adapter), settings=settings)
            await process.request(request, _no_progress)
            yield cls(process)

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    async def answer(
        self,
        questions: Sequence[Question],
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        sampling: Sampling | None = None,
    ) -> list[Answer]:
        """Answer all questions, in the input's order. Equal questions get equal answers, whatever their batch.

        Args:
            questions: what to ask; none is fine.
            on_progress: called after each batch with (answers so far, questions).
            sampling: how answers are drawn; None: greedily.

        Raises:
            WorkerDied: the child ended; the student is closed for good.
        """
        if not questions:
            return []
        answers: dict[int, Answer] = {}

        def collect(value: dict[str, Any]) -> None:
            for index, answer in value["answers"]:
                answers[index] = Answer.model_validate(answer)
            on_progress(len(answers), len(questions))

        await self._process.request(Ask(questions=tuple(questions), sampling=sampling), collect)
        if len(answers) != len(questions):
            raise StudentError(f"{len(answers)} answers to {len(questions)} questions")
        return [answers[index] for index in range(len(questions))]


def _no_progress(value: dict[str, Any]) -> None:
    """Opening reports no progress."""
