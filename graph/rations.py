"""Writing under a cap on the teachers: turn by turn round the modules, each turn paid for to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tutelage.teachers.meter import Meter

Turn = Callable[[], AbstractAsyncContextManager[None]]


class Rations:
    """Turns of writing: a call to the Tutor and the verification of what it brought.

    Lessons that are written and can be verified no more are money lost, and where all modules spend what there is at
    once, those that come last get nothing. So under a cap a turn begins only where one as dear as the dearest so far
    fits beside those under way, and beside those by which slower modules are behind; and where the rest would not pay
    for a turn of every module any more, one begins when the one before it has ended, so that no module's first lessons
    are lost to another's second. Of those that wait, the one with the fewest lessons goes first: each has as many as
    the others, to within a call, however fast its teacher answers and however many lessons it asks for a call.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._changed = asyncio.Condition()
        self._sizes: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        self._waiting: list[str] = []
        self._under_way: set[str] = set()
        self._dearest: float | None = None

    @asynccontextmanager
    async def writer(self, module: str, lessons: int) -> AsyncIterator[Turn]:
        """Take part, from the first turn of a module to its last; who comes later makes up for no earlier turn.

        Args:
            module: Whose lessons.
            lessons: A turn.

        Yields:
            What waits until a turn fits, and is held for the length of it.
        """
        self._ended[module] = min(self._ended.values(), default=0)
        self._sizes[module] = lessons
        try:
            yield lambda: self._turn(module)
        finally:
            async with self._changed:
                del self._ended[module], self._sizes[module]
                self._changed.notify_all()

    @asynccontextmanager
    async def _turn(self, module: str) -> AsyncIterator[None]:
        async with self._changed:
            self._waiting.append(module)
            try:
                await self._changed.wait_for(lambda: self._next() == module and self._fits(module))
            finally:
                self._waiting.remove(module)
                self._changed.notify_all()  # whoever is next now
            self._under_way.add(module)
        before = self._meter.share(module)
        try:
            yield
        finally:
            async with self._changed:
                spent = self._meter.share(module) - before
                self._dearest = max(self._dearest or 0.0, spent / self._sizes[module])
                self._under_way.remove(module)
                self._ended[module] += self._sizes[module]
                self._changed.notify_all()

    def _next(self) -> str:
        return min(self._waiting, key=self._begun)

    def _begun(self, module: str) -> int:
        """Lessons, those of a turn under way included."""
        return self._ended[module] + (self._sizes[module] if module in self._under_way else 0)

    def _fits(self, module: str) -> bool:
        """What is under way has been paid for in part, and is counted whole: rather a little wait than a lost turn.

        With nothing under way the last turn goes as far as the meter lets it.
        """
        behind = sum(max(0, self._begun(module) - self._begun(other)) for other in self._ended)
        if not self._meter.is_capped or (not self._under_way and not behind):
            return True
        if self._dearest is None:
            return False
        lessons = behind + self._sizes[module]
        if self._under_way:
            lessons = max(lessons, sum(self._sizes.values())) + sum(self._sizes[other] for other in self._under_way)
        return self._meter.share() + lessons * self._dearest <= 1
