"""Many questions with few tasks: a window that moves over them, so that memory does not grow with their number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# More than any endpoint is asked at once: how many calls are really in flight is the endpoint's affair (admission).
WIDTH = 256


async def each(items: Sequence[Item], work: Callable[[Item], Awaitable[Result]], width: int = WIDTH) -> list[Result]:
    """The results of ``work`` for all items, in their order, with at most ``width`` under way.

    Raises:
        ExceptionGroup: of what ``work`` raised first; the rest is cancelled, as in a task group.
    """
    numbered = enumerate(items)
    found: dict[int, Result] = {}

    async def worker() -> None:
        for number, item in numbered:
            found[number] = await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(width, len(items))):
            group.create_task(worker())
    return [found[number] for number in range(len(items))]
