"""``tutelage compare``: strategies at equal cost, on the same items, with what chance can do said beside."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tutelage.cli_common import INTERRUPTED, Set, Teacher, errors_as_lines, fail, show_table, teacher_settings
from tutelage.cli_watch import Watched

if TYPE_CHECKING:
    from tutelage.graph.comparison.compare import Compared
    from tutelage.graph.comparison.plan import Plan
    from tutelage.graph.progress_mode import ProgressMode


def compare(
    config: Annotated[Path, typer.Argument(help="A run's configuration (YAML).")],
    strategies: Annotated[
        str, typer.Option("--strategies", metavar="A,B,...", help="Strategies and ablations of ours.")
    ],
    seeds: Annotated[str, typer.Option("--seeds", metavar="N|a,b,c", help="How many, or which.")] = "5",
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="KEY=N,...", help="teacher_tokens=..., training_tokens=...: for each run."),
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="A new folder in comparisons/ if not said.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Runs at a time.")] = 1,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="NAME", help="What every other is compared with: the first.")
    ] = None,
    teacher: Teacher = None,
    settings: Set = [],  # noqa: B006 - typer copies it
    progress: Watched = "auto",
) -> None:
    """Run strategies at equal budgets on the same items and seeds, and say what difference is shown.

    The same command on the same directory goes on where it was. Exit code 5: a run failed, the rest is compared.
    """
    from tutelage.graph.comparison.compare import PAGE
    from tutelage.graph.comparison.plan import make_plan
    from tutelage.graph.comparison.summary import HEADINGS, summary_rows

    folder = into or Path("comparisons") / f"{config.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    with errors_as_lines():
        plan = make_plan(config, folder, strategies, seeds, budget, baseline, (*teacher_settings(teacher), *settings))
        done = _done(plan, jobs, progress)
    if progress != "json":
        show_table(HEADINGS, summary_rows(done.comparison))
        typer.echo(f"comparison: {done.folder / PAGE}")
    with errors_as_lines():
        done.check()


def _done(plan: Plan, at_once: int, mode: ProgressMode) -> Compared:
    from tutelage.graph.comparison.compare import compare
    from tutelage.graph.comparison.watch import open_watcher

    try:
        with open_watcher(mode, [job.name for job in plan.jobs()], sys.stdout) as watcher:
            return asyncio.run(compare(plan, at_once, watcher))
    except KeyboardInterrupt:
        fail(f"interrupted; the same command with --into {plan.into} goes on", INTERRUPTED)
