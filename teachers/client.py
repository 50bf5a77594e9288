"""Asking a teacher: one implementation over the Chat Completions API of any OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Protocol, Self
from weakref import WeakValueDictionary

from tutelage.errors import TeacherError, TeacherModelMissing
from tutelage.teachers.admission import Admission, Turn
from tutelage.teachers.advice import no_reply
from tutelage.teachers.cache import ReplyCache
from tutelage.teachers.connection import Connection
from tutelage.teachers.contracts import Endpoint, Reply, Request, call_id
from tutelage.teachers.in_flight import to_its_end
from tutelage.teachers.meter import Meter
from tutelage.teachers.probe import probe_endpoint
from tutelage.teachers.replies import ReplyStore
from tutelage.teachers.retry import Failure
from tutelage.teachers.wire import MOST_IGNORED, Completion, Dialect, honours_schema, parameters, read_completion
from tutelage.tracing.spans import note_retry

__all__ = ["OpenAITeacher", "Teacher", "probe_endpoint"]


class Teacher(Protocol):
    """Anything that can be asked."""

    async def ask(self, request: Request) -> Reply:
        """Answer one question.

        Raises:
            TeacherUnreachable: no answer after all retries.
            TeacherStalled: the endpoint gave nobody an answer for too long.
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

    def __init__(self, endpoint: Endpoint, store: ReplyStore, meter: Meter, cache: ReplyCache | None = None) -> None:
        """Connects to nothing yet.

        Args:
            endpoint: Who is asked.
            store: The run's own replies.
            meter: Counts what is paid.
            cache: Replies of earlier runs. Not used for procedural teachers, whose answers cost nothing.

        Raises:
            TeacherModelMissing: the endpoint names no model; ``probe_endpoint`` fills it in.
        """
        if endpoint.model is None:
            raise TeacherModelMissing("no model is named", where=endpoint.base_url, do="probe the endpoint first")
        self.endpoint = endpoint
        self.admission = Admission(endpoint)
        self._store = store
        self._meter = meter
        self._cache = cache if endpoint.is_language_model else None
        self._connection = Connection(endpoint)
        self._dialect = Dialect()
        self._ignored = 0
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
            known = await self._known(call, request)
            return await self._pay(call, request) if known is None else known

    async def known(self, request: Request) -> Reply | None:
        """The answer, metered, where this run or an earlier one has it already."""
        return await self._known(call_id(self.endpoint, request), request)

    async def _known(self, call: str, request: Request) -> Reply | None:
        reply = self._store.get(call)
        if reply is None:
            reply = await self._taken_over(call, request)
        if reply is not None:
            self._meter.count(request, reply)
        return reply

    async def _taken_over(self, call: str, request: Request) -> Reply | None:
        """An earlier run's answer out of the shared cache. It becomes this run's own, marked as not paid for."""
        shared = None if self._cache is None else self._cache.get(call)
        if shared is None:
            return None
        reply = shared.reply.model_copy(update={"endpoint": self.endpoint.name, "cached": True, "paid": False})
        await asyncio.to_thread(self._store.put, request, reply)
        return reply

    async def _pay(self, call: str, request: Request) -> Reply:
        async with self.admission.turn() as turn:
            with self._meter.admitted(request):
                return await self._reply(turn, call, request)

    def _keep(self, request: Request, reply: Reply) -> None:
        self._store.put(request, reply)
        if self._cache is not None:
            self._cache.put(reply.call_id, self._store.path(reply.call_id))

    async def _reply(self, turn: Turn, call: str, request: Request) -> Reply:
        attempt, dialect = 0, self._dialect
        while True:
            sent_at = time.monotonic()
            # Another call's trouble, or Ctrl-C, does not throw away what is being paid for.
            outcome = await to_its_end(self._attempt(call, request, dialect))
            if isinstance(outcome, Reply):
                turn.replied()
                return outcome
            plainer = self._plainer(dialect, outcome, request)
            if plainer is not None:
                dialect = plainer
                continue
            if outcome.is_final:
                turn.refused()
                raise no_reply(self.endpoint, outcome, attempt + 1)
            if attempt == self.endpoint.max_retries and not outcome.is_throttle:
                raise no_reply(self.endpoint, outcome, attempt + 1)
            note_retry(outcome.status, outcome.message)
            await turn.failed(outcome, sent_at, attempt)
            attempt += not outcome.is_throttle

    def _learn(self, completion: Completion, request: Request, spoken: Dialect) -> None:
        honoured = honours_schema(completion, request, spoken)
        if honoured is not None:
            self._ignored = 0 if honoured else self._ignored + 1
        if self._ignored == MOST_IGNORED:
            self._dialect, self._ignored = self._dialect.without_json_schema(), 0

    def _plainer(self, dialect: Dialect, failure: Failure, request: Request) -> Dialect | None:
        """The dialect to try next: what another call has learned meanwhile, or what this refusal teaches."""
        plainer = self._dialect if self._dialect != dialect else dialect.after(failure, request)
        if plainer is None or failure.status not in (400, 422):
            return None
        self._dialect = plainer
        return plainer

    async def _attempt(self, call: str, request: Request, dialect: Dialect) -> Reply | Failure:
        """Ask once. A reply is kept and counted before anybody sees it."""
        sent_at = time.monotonic()
        answer = await self._connection.complete(parameters(self.endpoint, request, dialect))
        if isinstance(answer, Failure):
            return answer
        seconds = round(time.monotonic() - sent_at, 4)
        try:
            completion = read_completion(answer, request, self.endpoint)
        except (ValueError, RecursionError) as error:
            return Failure(status=None, message=f"the reply cannot be read ({type(error).__name__})")
        self._learn(completion, request, dialect)
        fields = completion.model_dump()
        reply = Reply(call_id=call, endpoint=self.endpoint.name, seconds=seconds, cached=False, **fields)
        await asyncio.to_thread(self._keep, request, reply)
        self._meter.count(request, reply)
        return reply

    def give_up(self, error: TeacherError) -> None:
        """End the calls that wait here with an error like this one; used by a pool, which asks another member."""
        self.admission.give_up(lambda: type(error)(error.what, where=error.where, do=error.do))
