"""Many questions with few tasks: a window that moves over them, so that memory does not grow with their number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tutelage.errors import BudgetSpent

Item = TypeVar("Item")
Result = TypeVar("Result")

# More than any endpoint is asked at once: how many calls are really in flight is the endpoint's affair (admission).
WIDTH = 256


async def each(items: Sequence[Item], work: Callable[[Item], Awaitable[Result]], width: int = WIDTH) -> list[Result]:
    """The results of ``work`` for all items, in their order, with at most ``width`` under way.

    Raises:
        ExceptionGroup: of what ``work`` raised first; the rest is cancelled, as in a task group.
        BudgetSpent: the budget ran out. What was under way is finished first: it will be paid for whether or not
            anybody waits for it.
    """
    numbered = enumerate(items)
    found: dict[int, Result] = {}
    spent: list[BudgetSpent] = []

    async def worker() -> None:
        for number, item in numbered:
            try:
                found[number] = await work(item)
            except BudgetSpent as error:
                spent.append(error)
            if spent:
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(min(width, len(items))):
            group.create_task(worker())
    if spent:
        raise spent[0]
    return [found[number] for number in range(len(items))]
