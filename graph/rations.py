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
    once, those that come last get nothing. So under a cap a turn begins only where one as large as the largest so far
    fits beside those under way, and beside those by which slower modules are behind. Of those that wait, the one with
    the fewest turns goes first: each has as many as the others, however fast its teacher answers.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._changed = asyncio.Condition()
        self._ended: dict[str, int] = {}
        self._waiting: list[str] = []
        self._under_way: set[str] = set()
        self._largest: float | None = None

    @asynccontextmanager
    async def writer(self, module: str) -> AsyncIterator[Turn]:
        """Take part, from the first turn of a module to its last; who comes later makes up for no earlier turn.

        Yields:
            What waits until a turn fits, and is held for the length of it.
        """
        self._ended[module] = min(self._ended.values(), default=0)
        try:
            yield lambda: self._turn(module)
        finally:
            async with self._changed:
                del self._ended[module]
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
                self._largest = max(self._largest or 0.0, self._meter.share(module) - before)
                self._under_way.remove(module)
                self._ended[module] += 1
                self._changed.notify_all()

    def _next(self) -> str:
        return min(self._waiting, key=self._begun)

    def _begun(self, module: str) -> int:
        return self._ended[module] + (module in self._under_way)

    def _fits(self, module: str) -> bool:
        """What is under way has been paid for in part, and is counted whole: rather a little wait than a lost turn.

        With nothing under way the last turn goes as far as the meter lets it.
        """
        behind = sum(max(0, self._begun(module) - self._begun(other)) for other in self._ended)
        if not self._meter.is_capped or (not self._under_way and not behind):
            return True
        if self._largest is None:
            return False
        return self._meter.share() + (len(self._under_way) + behind + 1) * self._largest <= 1
