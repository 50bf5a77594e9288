"""Does the runs of a comparison, several at a time, and goes on where one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from tutelage.graph.comparison.folder import stage_of
from tutelage.graph.comparison.plan import Job

Event = Mapping[str, Any]
Doing = Callable[[Job, Callable[[Event], None]], Awaitable[str | None]]
"""Does one run to its end and tells of its events. Returns what went wrong, None where nothing did."""


class Watcher(Protocol):
    """Whoever watches a comparison."""

    def begins(self, job: Job, how: str) -> None:
        """A run starts, goes on, or is adopted as it is."""

    def told(self, job: Job, event: Event) -> None:
        """Something happened in a run."""

    def ends(self, job: Job, error: str | None) -> None:
        """A run ended, or failed with this error."""


async def conduct(jobs: Sequence[Job], doing: Doing, at_once: int, watcher: Watcher) -> dict[str, str]:
    """Do every run that is not done. Returns what went wrong, by the run's name.

    Args:
        jobs: The runs, in the order in which they are begun.
        doing: How one is done.
        at_once: How many may be under way.
        watcher: Is told of everything.

    Raises:
        RunDirError: a run's directory belongs to another run; found before any is begun.
    """
    stages = {job.name: stage_of(job) for job in jobs}
    turns = asyncio.Semaphore(at_once)
    failures: dict[str, str] = {}

    async def one(job: Job) -> None:
        async with turns:
            watcher.begins(job, {"new": "started", "begun": "resumed", "done": "adopted"}[stages[job.name]])
            error = None
            if stages[job.name] != "done":
                error = await doing(job, lambda event: watcher.told(job, event))
            if error is not None:
                failures[job.name] = error
            watcher.ends(job, error)

    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(one(job))
    return failures
