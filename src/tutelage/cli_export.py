"""``tutelage export``: the lessons of a run as a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tutelage.cli_common import RunDirectory, guarded


def export(
    directory: RunDirectory,
    into: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to; DIR/export if not said.")] = None,
    push: Annotated[str | None, typer.Option(metavar="OWNER/NAME", help="Upload it to the hub, too.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Let anybody see what is uploaded.")] = False,
) -> None:
    """Write the accepted lessons as a Hugging Face data set with a card. Nothing leaves the machine without --push."""
    folder = into or directory / "export"
    guarded(_export(directory, folder, push, public), directory)


async def _export(directory: Path, folder: Path, repository: str | None, public: bool) -> None:
    from tutelage.graph import export as exports
    from tutelage.graph import runs
    from tutelage.graph.rundir import RunDir

    manifest, state, _ = await runs.snapshot(directory)
    done = exports.export(RunDir(directory), manifest, runs.read_items(directory), state, folder)
    typer.echo(f"{done.lessons:,} lessons and {done.rejected:,} rejected candidates in {done.folder}")
    typer.echo(f'load_dataset("{done.folder}", split="train") reads it; the card is {done.folder / "README.md"}')
    if repository is not None:
        typer.echo(f"uploaded: {exports.push(done.folder, repository, private=not public)}")
