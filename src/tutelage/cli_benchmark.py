"""``tutelage benchmark``: a run's student on benchmarks from outside, beside itself untaught and its teacher."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from tutelage.cli_common import (
    INTERRUPTED,
    NoCache,
    RunDirectory,
    Set,
    Teacher,
    errors_as_lines,
    fail,
    show_table,
    teacher_settings,
)
from tutelage.cli_watch import Watched
from tutelage.errors import BudgetSpent
from tutelage.graph.plain_text import visible

Names = Annotated[
    str, typer.Option("--on", metavar="NAME,...", help="Domains' files, or names of shipped ones, as humaneval.")
]
LmEval = Annotated[str, typer.Option("--lm-eval", metavar="TASK,...", help="Tasks of lm-evaluation-harness.")]
TasksFolder = Annotated[
    Path | None, typer.Option("--tasks-folder", metavar="FOLDER", help="Of such tasks of your own, and their data.")
]
Items = Annotated[
    int | None, typer.Option("--items", min=1, metavar="N", help="So many items of each; all if not said.")
]


def benchmark(
    directory: RunDirectory,
    on: Names = "",
    lm_eval: LmEval = "",
    tasks_folder: TasksFolder = None,
    items: Items = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the order that --items takes the first of.")] = 0,
    chat_template: Annotated[
        bool, typer.Option("--chat-template", help="Ask lm-evaluation-harness's tasks in the student's chat template.")
    ] = False,
    no_teacher: Annotated[bool, typer.Option("--no-teacher", help="Ask the student only.")] = False,
    teacher: Teacher = None,
    settings: Set = [],  # noqa: B006 - typer copies it
    no_cache: NoCache = False,
    progress: Watched = "auto",
) -> None:
    """Put a run's student to benchmarks: untaught, taught, and beside its reference teacher. The run stays as it is.

    What was answered is kept: the same command goes on where an interrupted one stopped. Exit code 2: a package is
    missing, or a benchmark cannot be used.
    """
    from tutelage.graph.benchmark.conduct import Asked, conduct
    from tutelage.graph.benchmark.records import FILE
    from tutelage.graph.benchmark.table import HEADINGS, notes, rows
    from tutelage.graph.benchmark.tasks import Tasks, names_of
    from tutelage.graph.live import open_progress
    from tutelage.graph.live_json import JsonProgress

    asked = Asked(
        domains=names_of(on),
        tasks=Tasks(names_of(lm_eval), tasks_folder, items, chat_template),
        items=items,
        seed=seed,
        with_teacher=not no_teacher,
    )
    overrides = [*teacher_settings(teacher), *settings]
    with open_progress(sys.stdout, progress) as watcher, errors_as_lines():
        try:
            done = asyncio.run(conduct(directory, asked, overrides, watcher, use_cache=not no_cache))
        except KeyboardInterrupt:
            fail("interrupted; the same command goes on", INTERRUPTED)
    if progress == "json":
        JsonProgress(sys.stdout).say("result", {"results": [one.model_dump(mode="json") for one in done.results]})
    else:
        show_table(HEADINGS, rows(done.results))
        for line in notes(done.results):
            typer.echo(visible(line))
        typer.echo(f"benchmarks: {directory / FILE}; 'tutelage report {directory}' takes them into the report")
    if done.spent is not None:
        fail(f"{done.spent.what}; the same command with --set limits.KEY=VALUE goes on", BudgetSpent.exit_code)
