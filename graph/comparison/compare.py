"""A comparison from outside: do its runs, read what they say, and write the tables and the page."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tutelage.errors import ComparisonIncomplete
from tutelage.files import write_json, write_text
from tutelage.graph.comparison.conduct import Doing, Event, Watcher, conduct
from tutelage.graph.comparison.evidence import Evidence, check_comparable, gather
from tutelage.graph.comparison.folder import check_folder, claim
from tutelage.graph.comparison.plan import Job, Plan
from tutelage.graph.comparison.records import Comparison
from tutelage.graph.comparison.render import render_comparison
from tutelage.graph.comparison.spawn import run_apart
from tutelage.graph.comparison.table import compare_runs
from tutelage.graph.rundir import RunDir
from tutelage.tracing.otlp import check_export

JSON, PAGE = "comparison.json", "comparison.html"


@dataclass(frozen=True)
class Compared:
    """A comparison that was written.

    Attributes:
        failures: What went wrong, by run.
    """

    comparison: Comparison
    folder: Path
    failures: dict[str, str]

    def check(self) -> None:
        """Say that something is missing.

        Raises:
            ComparisonIncomplete: a run failed.
        """
        if self.failures:
            name, error = next(iter(self.failures.items()))
            more = f" (and {len(self.failures) - 1} more)" if len(self.failures) > 1 else ""
            raise ComparisonIncomplete(
                f"{len(self.failures)} of {len(self.comparison.runs)} runs failed: {name}: {error}{more}",
                where=self.folder / JSON,
                do="the same command tries them again",
            )


async def compare(plan: Plan, at_once: int, watcher: Watcher, doing: Doing | None = None) -> Compared:
    """Do what is left of a comparison, and write ``comparison.json`` and ``comparison.html``.

    Args:
        plan: What to compare.
        at_once: How many runs may be under way.
        watcher: Who watches.
        doing: How a run is done; None: in a child process of its own.

    Raises:
        InputError: found before anything is spent: a configuration or an arm cannot be used, or the directory, or
            a run in it, belongs to another comparison.
        RunDirError: runs of one seed do not have the same held-out items or student.
    """
    check_export()
    jobs = plan.jobs()
    sha256 = plan.sha256()
    check_folder(plan, sha256)
    with RunDir(plan.into).locked():
        claim(plan, sha256)
        failures = await conduct(jobs, doing or _apart(plan), at_once, watcher)
        found, silent = await _gathered([job for job in jobs if job.name not in failures])
        failures |= silent
        check_comparable(found)
        comparison = compare_runs(plan, jobs, found, failures, sha256, command_of(plan))
        write_json(plan.into / JSON, comparison.model_dump(mode="json"))
        write_text(plan.into / PAGE, render_comparison(comparison))
    return Compared(comparison, plan.into, failures)


def command_of(plan: Plan) -> str:
    """The command that makes this comparison again."""
    budget = ",".join(f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"
                      for key, value in plan.budget.items())  # fmt: skip
    words = ["tutelage", "compare", str(plan.config_path), "--strategies", ",".join(plan.arms)]
    words += ["--seeds", ",".join(map(str, plan.seeds)) + ("," if len(plan.seeds) == 1 else "")]
    words += ["--budget", budget] if budget else []
    words += ["--baseline", plan.baseline] if plan.baseline != plan.arms[0] else []
    for setting in plan.settings:
        words += ["--set", setting]
    return shlex.join(words)


async def _gathered(jobs: Sequence[Job]) -> tuple[list[Evidence], dict[str, str]]:
    found, silent = [], {}
    for job in jobs:
        evidence = await gather(job)
        if isinstance(evidence, str):
            silent[job.name] = evidence
        else:
            found.append(evidence)
    return found, silent


def _apart(plan: Plan) -> Doing:
    async def run(job: Job, told: Callable[[Event], None]) -> str | None:
        return await run_apart(job, plan.config_path, plan.into / "logs" / f"{job.name}.log", told)

    return run
