"""Admission: every call to an endpoint waits here for its turn. Decides nothing itself; see ``window``."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

from tutelage.errors import TeacherError
from tutelage.teachers.advice import stalled, too_long_a_wait
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.retry import Failure, delay_s
from tutelage.teachers.window import Watch, Window

Waiter = asyncio.Future[None]


class Admission:
    """The queue in front of one endpoint. Older calls go first, also when they are throttled and must wait again."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.window = Window.of(endpoint.max_concurrency)
        self._endpoint = endpoint
        # A reply that is still within its own timeout is no stall.
        self._watch = Watch(max(endpoint.stall_s, endpoint.timeout_s))
        self._queue: list[tuple[int, Waiter]] = []
        self._resting: set[Waiter] = set()
        self._numbers = count()
        self._in_flight = 0
        self._inside = 0
        self._last: Failure | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._pause: asyncio.TimerHandle | None = None

    @property
    def load(self) -> float:
        """Calls inside, in flight or waiting, for each one that may be in flight."""
        return self._inside / int(self.window.limit)

    def is_paused(self) -> bool:
        """Whether the endpoint asked for quiet."""
        return self.window.is_paused(_now())

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for a turn; it ends with the block.

        Raises:
            TeacherStalled: the endpoint has given no reply for ``stall_s``.
        """
        turn = Turn(self, next(self._numbers))
        self._inside += 1
        self._watch = self._watch.asked(_now())
        self._arm()
        try:
            await turn.take()
            yield turn
        finally:
            turn.give()
            self._inside -= 1
            if self._inside == 0:
                self._rest()

    def give_up(self, error: Callable[[], TeacherError]) -> None:
        """End every call that waits, for its turn or to try again. Those in flight end by themselves."""
        for _, waiter in self._queue:
            _fail(waiter, error())
        self._queue.clear()
        for waiter in self._resting:
            _fail(waiter, error())

    def _rest(self) -> None:
        self._watch = self._watch.rested()
        for timer in (self._alarm, self._pause):
            if timer is not None:
                timer.cancel()
        self._alarm = self._pause = None

    def _heard(self) -> None:
        self._watch = self._watch.heard(_now())

    def _admit(self) -> None:
        """Let in whoever may go, and come back when a pause ends."""
        now = _now()
        while self._queue and self.window.admits(self._in_flight, now):
            _, waiter = heapq.heappop(self._queue)
            if not waiter.done():
                waiter.set_result(None)
                self._in_flight += 1
        if self._queue and self._pause is None and self.window.is_paused(now):
            self._pause = asyncio.get_running_loop().call_at(self.window.paused_until, self._unpause)

    def _unpause(self) -> None:
        self._pause = None
        self._admit()

    def _arm(self) -> None:
        if self._alarm is None:
            self._alarm = asyncio.get_running_loop().call_at(self._watch.ends_at, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._watch.ends_at <= _now():
            self.give_up(self._stalled)
        else:
            self._arm()

    def _stalled(self) -> TeacherError:
        return stalled(self._endpoint, self._watch.patience_s, self._last)

    def _check(self, failure: Failure) -> None:
        """Before waiting on account of ``failure``.

        Raises:
            TeacherStalled: waiting would be, or already is, too long.
        """
        self._last = failure
        if self._watch.ends_at <= _now():
            raise self._stalled()
        if failure.retry_after_s is not None and failure.retry_after_s > self._watch.patience_s:
            raise too_long_a_wait(self._endpoint, failure.retry_after_s, self._watch.patience_s)


class Turn:
    """One call's turn at an endpoint: it holds one of the window's places while it has one."""

    def __init__(self, admission: Admission, number: int) -> None:
        self._admission = admission
        self._number = number
        self._holds = False

    async def take(self) -> None:
        """Wait for a place."""
        admission = self._admission
        waiter: Waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(admission._queue, (self._number, waiter))
        admission._admit()
        try:
            await waiter
        finally:
            # A call may be cancelled in the moment it was let in: then its place goes to the next one.
            self._holds = waiter.done() and not waiter.cancelled() and waiter.exception() is None
            waiter.cancel()

    def give(self) -> None:
        """Give the place back, if this turn has one."""
        if self._holds:
            self._holds = False
            self._admission._in_flight -= 1
            self._admission._admit()

    def replied(self) -> None:
        """The endpoint answered."""
        admission = self._admission
        admission._heard()
        admission.window = admission.window.replied()
        admission._admit()

    def refused(self) -> None:
        """The endpoint refused for good, which is a sign of life."""
        self._admission._heard()

    async def failed(self, failure: Failure, sent_at: float, attempt: int) -> None:
        """Wait until the call may be sent again.

        A throttled call waits in the queue with everybody else. Any other keeps its place while it waits: an
        endpoint in trouble gets less work, not more.
        """
        admission = self._admission
        admission._check(failure)
        jitter = random.random()  # noqa: S311 - spreads retries, no secret
        if failure.is_overload:
            admission.window = admission.window.overloaded(failure, sent_at, _now(), jitter)
        if failure.is_throttle:
            self.give()
            await self.take()
        else:
            await self._rest(delay_s(failure, attempt, jitter))

    async def _rest(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        timer = loop.call_later(seconds, _finish, waiter)
        self._admission._resting.add(waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._admission._resting.discard(waiter)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _finish(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _fail(waiter: Waiter, error: TeacherError) -> None:
    if not waiter.done():
        waiter.set_exception(error)
