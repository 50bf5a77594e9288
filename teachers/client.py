"""Asking a teacher: one implementation over the Chat Completions API of any OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import random
import time
from types import TracebackType
from typing import Protocol, Self
from weakref import WeakValueDictionary

from tutelage.errors import TeacherModelMissing, TeacherRefused, TeacherUnreachable
from tutelage.teachers.connection import Connection
from tutelage.teachers.contracts import Endpoint, Reply, Request, call_id
from tutelage.teachers.meter import Meter
from tutelage.teachers.probe import probe_endpoint
from tutelage.teachers.replies import ReplyStore
from tutelage.teachers.retry import Failure, delay_s
from tutelage.teachers.wire import Completion, Dialect, parameters, read_completion
from tutelage.tracing.spans import note_retry

__all__ = ["OpenAITeacher", "Teacher", "probe_endpoint"]


class Teacher(Protocol):
    """Anything that can be asked."""

    async def ask(self, request: Request) -> Reply:
        """Answer one question.

        Raises:
            TeacherUnreachable: no answer after all retries.
            TeacherRefused: the endpoint will not answer this, however often it is asked.
            BudgetSpent: a cap is reached, and the answer is not stored yet.
            ConfigError: the environment variable of the key is not set, or holds no key.
            DiskError: the answer could not be kept.
        """
        ...


class OpenAITeacher:
    """A teacher behind an endpoint. Answers out of the store where it can; keeps and meters every answer.

    Use it as an async context manager, inside one event loop.
    """

    def __init__(self, endpoint: Endpoint, store: ReplyStore, meter: Meter) -> None:
        """Connects to nothing yet.

        Raises:
            TeacherModelMissing: the endpoint names no model; ``probe_endpoint`` fills it in.
        """
        if endpoint.model is None:
            raise TeacherModelMissing("no model is named", where=endpoint.base_url, do="probe the endpoint first")
        self.endpoint = endpoint
        self._store = store
        self._meter = meter
        self._connection = Connection(endpoint)
        self._dialect = Dialect()
        self._slots = asyncio.Semaphore(endpoint.max_concurrency)
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()

    async def ask(self, request: Request) -> Reply:
        """See ``Teacher.ask``. The same question asked twice at the same time is sent once."""
        call = call_id(self.endpoint, request)
        async with self._asking.setdefault(call, asyncio.Lock()):
            stored = self._store.get(call)
            if stored is None:
                return await self._pay(call, request)
        self._meter.count(request, stored)
        return stored

    async def _pay(self, call: str, request: Request) -> Reply:
        # A slot is held while we wait to retry, too: an endpoint in trouble gets less work, not more.
        async with self._slots:
            with self._meter.admitted():
                reply = await self._reply(call, request)
                await asyncio.to_thread(self._store.put, request, reply)
                self._meter.count(request, reply)
                return reply

    async def _reply(self, call: str, request: Request) -> Reply:
        attempt, dialect = 0, self._dialect
        while True:
            began = time.monotonic()
            outcome = await self._attempt(request, dialect)
            if isinstance(outcome, Completion):
                seconds = round(time.monotonic() - began, 4)
                return Reply(
                    call_id=call,
                    endpoint=self.endpoint.name,
                    seconds=seconds,
                    cached=False,
                    **outcome.model_dump(),
                )
            plainer = dialect.after(outcome, request)
            if plainer is not None:
                dialect = self._dialect = plainer
                continue
            if outcome.is_final or attempt == self.endpoint.max_retries:
                raise _error(self.endpoint, outcome, attempt + 1)
            note_retry(outcome.status, outcome.message)
            await asyncio.sleep(delay_s(outcome, attempt, random.random()))  # noqa: S311 - spreads retries, no secret
            attempt += 1

    async def _attempt(self, request: Request, dialect: Dialect) -> Completion | Failure:
        answer = await self._connection.complete(parameters(self.endpoint, request, dialect))
        if isinstance(answer, Failure):
            return answer
        try:
            return read_completion(answer, request, self.endpoint)
        except (ValueError, RecursionError) as error:
            return Failure(status=None, message=f"the reply cannot be read ({type(error).__name__})")


def _error(endpoint: Endpoint, failure: Failure, attempts: int) -> TeacherRefused | TeacherUnreachable:
    said = failure.message if failure.status is None else f"{failure.status}: {failure.message}"
    if failure.is_final:
        return TeacherRefused(
            f"the teacher refused ({said})",
            where=endpoint.base_url,
            do=_advice(endpoint, failure),
        )
    return TeacherUnreachable(
        f"no reply after {attempts} attempts ({said})",
        where=endpoint.base_url,
        do="see that the server is up, then resume the run",
    )


def _advice(endpoint: Endpoint, failure: Failure) -> str:
    if failure.status in (401, 403):
        return f"check the key in the environment variable {endpoint.api_key_env or '(none is configured)'}"
    if failure.status == 404:
        return f"check the address and the model name {endpoint.model!r}"
    return "change the request or the endpoint's settings, then resume the run"
