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
    found, spent = await _work_off(items, work, width)
    if spent:
        raise spent[0]
    return [found[number] for number in range(len(items))]


async def each_paid(
    items: Sequence[Item], work: Callable[[Item], Awaitable[Result]], width: int = WIDTH
) -> tuple[list[Result], bool]:
    """As ``each``; where the budget runs out, the results that were had before, and True.

    Raises:
        ExceptionGroup: as ``each``.
    """
    found, spent = await _work_off(items, work, width)
    return [found[number] for number in sorted(found)], bool(spent)


async def _work_off(
    items: Sequence[Item], work: Callable[[Item], Awaitable[Result]], width: int
) -> tuple[dict[int, Result], list[BudgetSpent]]:
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
    return found, spent
