"""``tutelage export``: what a run leaves for others, its lessons as a data set or its student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tutelage.cli_common import RunDirectory, errors_as_lines, fail, guarded
from tutelage.cli_handoff import Adapter, Gguf, Merged, chosen_form, hand_over_form
from tutelage.errors import InputError

Into = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where to; if not said, DIR/export or, for a student, DIR/export-FORM."),
]


def export(
    directory: RunDirectory,
    adapter: Adapter = False,
    merged: Merged = False,
    gguf: Gguf = False,
    into: Into = None,
    push: Annotated[str | None, typer.Option(metavar="OWNER/NAME", help="Upload the data set to the hub, too.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Let anybody see what is uploaded.")] = False,
) -> None:
    """Write a run's lessons as a Hugging Face data set or, with a form, its taught student; each with a card.

    Nothing leaves the machine without --push.
    """
    if public and push is None:
        fail("--public says who may see an upload, and there is none: give --push OWNER/NAME too", InputError.exit_code)
    with errors_as_lines():
        form = chosen_form(adapter=adapter, merged=merged, gguf=gguf)
    if form is None:
        guarded(_export_lessons(directory, into or directory / "export", push, public), directory)
    elif push is not None:
        fail(f"--push uploads the data set only: push the folder of --{form} yourself", InputError.exit_code)
    else:
        guarded(hand_over_form(directory, form, into), directory)


async def _export_lessons(directory: Path, folder: Path, repository: str | None, public: bool) -> None:
    from tutelage.graph import export as exports
    from tutelage.graph import runs
    from tutelage.graph.rundir import RunDir

    manifest, state, _ = await runs.snapshot(directory)
    done = exports.export(RunDir(directory), manifest, runs.read_items(directory), state, folder)
    typer.echo(f"{done.lessons:,} lessons and {done.rejected:,} rejected candidates in {done.folder}")
    typer.echo(f'load_dataset("{done.folder}", split="train") reads it; the card is {done.folder / "README.md"}')
    if repository is not None:
        typer.echo(f"uploaded: {exports.push(done.folder, repository, private=not public)}")
