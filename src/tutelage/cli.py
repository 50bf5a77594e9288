"""The command line. Every error is one line on stderr, and an exit code that says of what kind it was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

# Prompts must not leave the machine by accident: LangSmith is off unless the user turned it on.
os.environ.setdefault("LANGSMITH_TRACING", "false")

from tutelage import __version__
from tutelage.cli_across import across
from tutelage.cli_approve import edited_plan
from tutelage.cli_benchmark import benchmark
from tutelage.cli_common import NoCache, RunDirectory, Set, Teacher, fail, guarded, teacher_settings
from tutelage.cli_compare import compare
from tutelage.cli_domain import domain_app
from tutelage.cli_export import export
from tutelage.cli_map import map_domain
from tutelage.cli_teacher import cache_app, teacher_app
from tutelage.cli_trace import replay, trace_app
from tutelage.cli_ui import ui
from tutelage.cli_watch import Watched, drive, summarise
from tutelage.errors import InputError
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
app.command("map")(map_domain)
app.command("compare")(compare)
app.command("across")(across)
app.command("benchmark")(benchmark)


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
    approve: Annotated[bool, typer.Option("--approve", help="Stop after every plan for you to approve it.")] = False,
    no_cache: NoCache = False,
    progress: Watched = "auto",
) -> None:
    """Diagnose a student, teach it to mastery, and report."""
    from tutelage.graph import runs

    root = run_dir or runs.default_rundir(config)
    asking = ["curriculum.approve=true"] if approve else []
    overrides = [*teacher_settings(teacher), *settings, *asking]
    drive(progress, root, lambda watcher: runs.start(config, root, overrides, watcher, use_cache=not no_cache))


@app.command()
def resume(
    directory: RunDirectory,
    teacher: Teacher = None,
    settings: Set = [],  # noqa: B006 - typer copies it
    approve: Annotated[bool, typer.Option("--approve", help="Approve the plan that the run waits with.")] = False,
    edit: Annotated[bool, typer.Option("--edit", help="Change that plan in your editor ($EDITOR) first.")] = False,
    plan: Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="Answer it with a file.")] = None,
    no_cache: NoCache = False,
    progress: Watched = "auto",
) -> None:
    """Go on with a run that was stopped, killed, or waits for approval."""
    from tutelage.graph import runs

    if approve + edit + (plan is not None) > 1:
        fail("say one of --approve, --edit and --plan", InputError.exit_code)
    answer = edited_plan(directory) if edit else plan
    overrides = [*teacher_settings(teacher), *settings]
    drive(
        progress,
        directory,
        lambda watcher: runs.resume(
            directory, overrides, watcher, approve=approve, plan=answer, use_cache=not no_cache
        ),
    )


@app.command()
def fork(
    directory: RunDirectory,
    at: Annotated[str, typer.Option("--at", metavar="STEP", help="The fork begins before this step's node.")],
    into: Annotated[Path, typer.Option("--into", metavar="DIR2", help="A new directory for the fork.")],
    teacher: Teacher = None,
    settings: Set = [],  # noqa: B006 - typer copies it
    no_cache: NoCache = False,
    progress: Watched = "auto",
) -> None:
    """Begin another run at any step of this one, with something changed. The shared past is not paid for again."""
    from tutelage.graph import fork as forks

    overrides = [*teacher_settings(teacher), *settings]
    drive(progress, into, lambda watcher: forks.fork(directory, at, into, overrides, watcher, use_cache=not no_cache))


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

    summarise(guarded(runs.report(directory), directory), directory)


@app.command()
def graph() -> None:
    """Print the graph as a mermaid drawing."""
    from tutelage.graph.build import draw

    typer.echo(draw())


def main() -> None:
    """Entry point of the ``tutelage`` command."""
    app()
