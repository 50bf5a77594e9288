"""A comparison of whole runs with the simulated student, in the test's own process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.graph.simulated import QUICKSTART, SMALL, Recorder
from tutelage.errors import TutelageError
from tutelage.graph import runs
from tutelage.graph.comparison.compare import Compared, compare
from tutelage.graph.comparison.conduct import Event
from tutelage.graph.comparison.plan import Job, Plan, make_plan

CAPS = {"teacher_tokens": 400_000, "training_tokens": 6_000}
BUDGET = ",".join(f"{key}={value}" for key, value in CAPS.items())
CUT = ("limits.rounds=2", "tutor.examples=8")


@dataclass
class Seen:
    """Watches a comparison: how each run began, and how it ended."""

    began: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str | None] = field(default_factory=dict)

    def begins(self, job: Job, how: str) -> None:
        self.began[job.name] = how

    def told(self, job: Job, event: Event) -> None:
        pass

    def ends(self, job: Job, error: str | None) -> None:
        self.ended[job.name] = error


async def here(job: Job, told: Callable[[Event], None]) -> str | None:
    """Do a run in this process, as the child does it in its own."""
    try:
        if runs.can_resume(job.root):
            await runs.resume(job.root, [], Recorder(), approve=False, use_cache=False)
        else:
            await runs.start(QUICKSTART, job.root, job.overrides, Recorder(), use_cache=False)
    except TutelageError as error:
        return error.line
    return None


def plan_of(into: Path, strategies: str = "ioa,ioa-no_replay", seeds: str = "2", *settings: str, **more: str) -> Plan:
    return make_plan(
        QUICKSTART, into, strategies, seeds, more.get("budget", BUDGET), more.get("baseline"),
        [*SMALL, *CUT, *settings],
    )  # fmt: skip


async def compared(plan: Plan, at_once: int = 1) -> tuple[Compared, Seen]:
    seen = Seen()
    return await compare(plan, at_once, seen, here), seen
