"""``tutelage resume --edit``: the waiting plan in the person's editor, until it can be taught or is left alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import typer

from tutelage.cli_common import INTERRUPTED, errors_as_lines, fail
from tutelage.errors import InputError
from tutelage.files import write_text
from tutelage.graph.plain_text import visible


def edited_plan(root: Path) -> Path:
    """The path of the plan as the person left it, checked. What was typed stays in the file, whatever comes of it."""
    from tutelage.graph import runs
    from tutelage.graph.approval import plan_text
    from tutelage.graph.rundir import RunDir

    path = RunDir(root).plan
    with errors_as_lines():
        _, state, following = asyncio.run(runs.snapshot(root))
        if following == ("approve",) and not path.exists():
            write_text(path, plan_text(state))
    while True:
        try:
            click.edit(filename=str(path))
            asyncio.run(runs.answered(root, path))
        except click.ClickException as error:
            fail(f"{error.message}; say an editor in $EDITOR, or answer with --plan {path}", InputError.exit_code)
        except InputError as error:
            typer.echo(visible(error.line), err=True)
            if not typer.confirm("edit it again?", default=True):
                fail(f"the plan waits; what you wrote is in {path}", INTERRUPTED)
        else:
            return path
