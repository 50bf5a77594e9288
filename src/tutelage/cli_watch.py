"""Commands that drive a run: how it is watched (``--progress``), and what is said when it ends or waits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from tutelage.cli_common import INTERRUPTED, guarded
from tutelage.errors import BudgetSpent
from tutelage.graph.progress_mode import ProgressMode

if TYPE_CHECKING:
    from tutelage.graph.progress import Progress
    from tutelage.graph.runs import Ended

Watched = Annotated[
    ProgressMode,
    typer.Option(
        "--progress",
        help="auto: a live view on a terminal, else lines. verbose: a line for every answer of a teacher, too. "
        "quiet: the result alone. json: every event as a line of JSON.",
    ),
]


def drive(mode: ProgressMode, directory: Path, work: Callable[[Progress], Coroutine[Any, Any, Ended]]) -> None:
    """Do a run's work under the eyes of whoever asked for it, and end the command as the run ended."""
    from tutelage.graph.live import open_progress

    with open_progress(sys.stdout, mode) as progress:
        ended = guarded(work(progress), directory)
    if mode == "json":
        _tell(ended)
    elif ended.outcome == "waiting":
        _show_waiting(ended)
    else:
        summarise(ended.report, ended.rundir)
    if ended.outcome == "waiting":
        raise typer.Exit(INTERRUPTED)
    if ended.outcome == "stopped_by_budget":
        why = ended.spent or "the budget is spent"
        typer.echo(f"{why}; 'tutelage resume {ended.rundir} --set limits.KEY=VALUE' goes on", err=True)
        raise typer.Exit(BudgetSpent.exit_code)


def summarise(report: Mapping[str, Any], directory: Path) -> None:
    """The table of a report, what was lost, and where the whole of it is."""
    from tutelage.graph.summary import losses, summary_table, summary_text

    if sys.stdout.isatty():
        Console().print("", summary_table(report), sep="\n")
    else:
        typer.echo(summary_text(report))
    for line in losses(report):
        typer.echo(line)
    typer.echo(f"report: {directory / 'report.html'}")


def _show_waiting(ended: Ended) -> None:
    from tutelage.graph.approval import waiting_lines

    for line in waiting_lines(ended.rundir, ended.plan or ""):
        typer.echo(line)


def _tell(ended: Ended) -> None:
    """The last line for a program: the same facts as the table's, or the plan that waits."""
    from tutelage.graph.live_json import JsonProgress
    from tutelage.graph.rundir import RunDir

    rundir = RunDir(ended.rundir)
    if ended.outcome == "waiting":
        facts: dict[str, Any] = {"plan": str(rundir.plan)}
    else:
        facts = {"report": str(rundir.root / "report.json"), **{k: ended.report[k] for k in ("modules", "totals")}}
    JsonProgress(sys.stdout).say("result", {"outcome": ended.outcome, "run": str(rundir.root), **facts})
