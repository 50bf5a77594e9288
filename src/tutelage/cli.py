"""The command line. Every error is one line on stderr, and an exit code that says of what kind it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

# Prompts must not leave the machine by accident: LangSmith is off unless the user turned it on.
os.environ.setdefault("LANGSMITH_TRACING", "false")

from tutelage import __version__
from tutelage.cli_common import INTERRUPTED, NoCache, RunDirectory, Set, Teacher, guarded, teacher_settings
from tutelage.cli_domain import domain_app
from tutelage.cli_export import export
from tutelage.cli_teacher import cache_app, teacher_app
from tutelage.cli_trace import replay, trace_app
from tutelage.cli_ui import ui
from tutelage.errors import BudgetSpent
from tutelage.graph.plain_text import visible

app = typer.Typer(
    name="tutelage", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A teacher model tutors a student model to mastery, inside one resumable LangGraph state machine.",
)  # fmt: skip
app.add_typer(teacher_app, name="teacher")
app.add_typer(domain_app, name="domain")
app.add_typer(cache_app, name="cache")
app.add_typer(trace_app, name="trace")
app.command("replay")(replay)
app.command("ui")(ui)
app.command("export")(export)


@app.callback(invoke_without_command=True)
def tutelage(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """A teacher model tutors a student model to mastery."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="A run's configuration (YAML).")],
    run_dir: Annotated[
        Path | None, typer.Option(help="Where the run lives; a new folder in runs/ if not said.")
    ] = None,
    teacher: Teacher = None,
    settings: Set = [],  # noqa: B006 - typer copies it
    no_cache: NoCache = False,
) -> None:
    """Diagnose a student, teach it to mastery, and report."""
    from tutelage.graph import runs
    from tutelage.graph.live import open_progress

    root = run_dir or runs.default_rundir(config)
    with open_progress(sys.stdout) as progress:
        overrides = [*teacher_settings(teacher), *settings]
        ended = guarded(runs.start(config, root, overrides, progress, use_cache=not no_cache), root)
    _finish(ended)


@app.command()
def resume(
    directory: RunDirectory,
    teacher: Teacher = None,
    settings: Set = [],  # noqa: B006 - typer copies it
    approve: Annotated[bool, typer.Option("--approve", help="Approve the plan that the run waits with.")] = False,
    no_cache: NoCache = False,
) -> None:
    """Go on with a run that was stopped, killed, or waits for approval."""
    from tutelage.graph import runs
    from tutelage.graph.live import open_progress

    with open_progress(sys.stdout) as progress:
        overrides = [*teacher_settings(teacher), *settings]
        work = runs.resume(directory, overrides, progress, approve=approve, use_cache=not no_cache)
        ended = guarded(work, directory)
    _finish(ended)


@app.command()
def fork(
    directory: RunDirectory,
    at: Annotated[str, typer.Option("--at", metavar="STEP", help="The fork begins before this step's node.")],
    into: Annotated[Path, typer.Option("--into", metavar="DIR2", help="A new directory for the fork.")],
    teacher: Teacher = None,
    settings: Set = [],  # noqa: B006 - typer copies it
    no_cache: NoCache = False,
) -> None:
    """Begin another run at any step of this one, with something changed. The shared past is not paid for again."""
    from tutelage.graph import fork as forks
    from tutelage.graph.live import open_progress

    with open_progress(sys.stdout) as progress:
        overrides = [*teacher_settings(teacher), *settings]
        work = forks.fork(directory, at, into, overrides, progress, use_cache=not no_cache)
        ended = guarded(work, into)
    _finish(ended)


@app.command()
def status(directory: RunDirectory) -> None:
    """Say how a run stands."""
    from tutelage.graph import runs
    from tutelage.graph.status import lines

    for line in guarded(lines(runs.snapshot(directory)), directory):
        typer.echo(visible(line))


@app.command()
def report(directory: RunDirectory) -> None:
    """Write report.json and report.html anew, and print the table."""
    from tutelage.graph import runs

    _summarise(guarded(runs.report(directory), directory), directory)


@app.command()
def graph() -> None:
    """Print the graph as a mermaid drawing."""
    from tutelage.graph.build import draw

    typer.echo(draw())


def _finish(ended: Any) -> None:
    if ended.outcome == "waiting":
        typer.echo(f"the plan waits for approval: 'tutelage resume {ended.rundir} --approve' goes on")
        raise typer.Exit(INTERRUPTED)
    _summarise(ended.report, ended.rundir)
    if ended.outcome == "stopped_by_budget":
        why = ended.spent or "the budget is spent"
        typer.echo(f"{why}; 'tutelage resume {ended.rundir} --set limits.KEY=VALUE' goes on", err=True)
        raise typer.Exit(BudgetSpent.exit_code)


def _summarise(report: Mapping[str, Any], directory: Path) -> None:
    from tutelage.graph.summary import summary_table, summary_text

    if sys.stdout.isatty():
        Console().print(summary_table(report))
    else:
        typer.echo(summary_text(report))
    typer.echo(f"report: {directory / 'report.html'}")


def main() -> None:
    """Entry point of the ``tutelage`` command."""
    app()
