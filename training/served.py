"""The student on a vLLM server: our prompts, our reading of the tokens, and a check that it is the student. No torch.

A child without a model turns questions into tokens and tokens into text, by the same code as ``Student``'s.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal, Self

from tutelage.errors import StudentError, StudentServerError
from tutelage.training.adapters import holds_whole_model
from tutelage.training.contracts import Answer, AnswerSettings, Question, Sampling
from tutelage.training.fidelity import check_fidelity
from tutelage.training.process import Worker, worker
from tutelage.training.protocol import Known, Read, Render, Score, Spoken
from tutelage.training.provenance import check_taught
from tutelage.training.serving import Continuation, Server
from tutelage.training.source import check_student


class ServedStudent:
    """A student whose tokens a server continues."""

    backend: Literal["vllm"] = "vllm"

    def __init__(self, server: Server, name: str, words: Worker, model: str, settings: AnswerSettings, known: Known):
        self._server = server
        self._name = name
        self._words = words
        self._model = model
        self._settings = settings
        self._ends = known.ends

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, model: Path, adapter: Path | None, settings: AnswerSettings, log: Path) -> AsyncIterator[Self]:
        """Hand the student over to the server for the length of an ``async with`` block.

        Args:
            model: folder of the base model; the server holds the same one.
            adapter: folder of the adapter, which the server reads from this disk; None for the untaught student.
            settings: how it answers; ``url`` is the server's.
            log: file that the children's stderr is appended to.

        Raises:
            StudentServerError: the server is not there, or cannot load the adapter; a whole model it never can.
            AdapterNotServed: it says that it did, and answers without it.
            ServedOtherwise: it serves something else.
            StudentError: the folder or the adapter is not complete.
            TrainingError: the adapter does not belong to this student.
        """
        if settings.url is None:
            raise StudentServerError("no url is given", where="student.answering.url")
        if adapter is not None and holds_whole_model(adapter):
            raise StudentServerError(
                "a running server takes adapters, and the last round trained every weight",
                where=settings.url,
                do="set student.answering.backend to transformers",
            )
        check_student(model)
        if adapter is not None:
            await asyncio.to_thread(check_taught, adapter, model)
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(Server.open(settings.url, settings.batch_size))
            name = await server.base()
            if adapter is not None:
                name = await stack.enter_async_context(server.adapter(adapter))
            known = await _known(model, adapter, settings, log)
            check_fidelity(await server.score(name, known.fingerprint.tokens), known.fingerprint, server.url)
            words = await stack.enter_async_context(worker(log, threads=1, gpus=0))
            yield cls(server, name, words, str(model), settings, known)

    async def answer(
        self,
        questions: Sequence[Question],
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        sampling: Sampling | None = None,
    ) -> list[Answer]:
        """Answer all questions, in the input's order.

        Args:
            questions: what to ask; none is fine.
            on_progress: called after each answer with (answers so far, questions).
            sampling: how answers are drawn; None: greedily.

        Raises:
            StudentServerError: the server went away or refuses a question.
            WorkerDied: the child that reads and writes the tokens ended.
        """
        if not questions:
            return []
        render = Render(model=self._model, settings=self._settings, questions=tuple(questions))
        prompts: list[list[int]] = (await self._words.request(render, _no_progress))["prompts"]
        followed = await self._follow(prompts, on_progress, sampling)
        spoken = tuple(
            Spoken(id=question.id, tokens=one.tokens, ended=one.ended, read=len(prompt))
            for question, prompt, one in zip(questions, prompts, followed, strict=True)
        )
        reply = await self._words.request(Read(model=self._model, settings=self._settings, spoken=spoken), _no_progress)
        return [Answer.model_validate(answer) for answer in reply["answers"]]

    async def _follow(
        self, prompts: list[list[int]], on_progress: Callable[[int, int], None], sampling: Sampling | None
    ) -> list[Continuation]:
        done = 0

        async def follow(prompt: list[int]) -> Continuation:
            nonlocal done
            settings = self._settings
            found = await self._server.follow(self._name, prompt, self._ends, settings.stop, settings.limit, sampling)
            done += 1
            on_progress(done, len(prompts))
            return found

        tasks = [asyncio.create_task(follow(prompt)) for prompt in prompts]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def check_server(settings: AnswerSettings) -> None:
    """Whether the server that the settings insist on is there, before anything is spent.

    Raises:
        StudentError: it is not.
    """
    if settings.backend != "vllm" or settings.url is None:
        return
    async with Server.open(settings.url, at_once=1) as server:
        try:
            await server.base()
        except StudentServerError as error:
            raise StudentError(error.what, where=error.where, do=error.do) from error


async def _known(model: Path, adapter: Path | None, settings: AnswerSettings, log: Path) -> Known:
    """What the trainer's own engine makes of the fixed text; in a child of its own, whose memory comes back."""
    request = Score(model=str(model), adapter=None if adapter is None else str(adapter), settings=settings)
    async with worker(log, settings.threads) as process:
        return Known.model_validate(await process.request(request, _no_progress))


def _no_progress(value: object) -> None:
    """These requests report none."""
