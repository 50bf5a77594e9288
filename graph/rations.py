"""Writing under a cap on the teachers: turn by turn round the modules, each turn paid for to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tutelage.teachers.meter import Meter


class Rations:
    """Turns of writing: a call to the Tutor and the verification of what it brought.

    Lessons that are written and can be verified no more are money lost, and where all modules spend what there is at
    once, those that come last get nothing. So under a cap a turn begins only where one as large as the largest so far
    fits beside those under way. Modules wait in one queue, so that each has as many turns as the others.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._queue = asyncio.Lock()  # fair: whoever waits longest goes first
        self._changed = asyncio.Condition()
        self._under_way = 0
        self._largest: float | None = None

    @asynccontextmanager
    async def turn(self, module: str) -> AsyncIterator[None]:
        """Wait until a turn fits; one turn of a module at a time."""
        async with self._queue, self._changed:
            await self._changed.wait_for(self._fits)
            self._under_way += 1
        before = self._meter.share(module)
        try:
            yield
        finally:
            async with self._changed:
                self._largest = max(self._largest or 0.0, self._meter.share(module) - before)
                self._under_way -= 1
                self._changed.notify_all()

    def _fits(self) -> bool:
        """What is under way has been paid for in part, and is counted whole: rather a little wait than a lost turn.

        With nothing under way the last turn goes as far as the meter lets it.
        """
        if not self._under_way or not self._meter.is_capped:
            return True
        return self._largest is not None and self._meter.share() + (self._under_way + 1) * self._largest <= 1
