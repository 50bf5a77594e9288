"""``tutelage export --adapter|--merged|--gguf``: the taught student, for others to load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tutelage.errors import InputError

if TYPE_CHECKING:
    from tutelage.training.handoff import Form

Adapter = Annotated[bool, typer.Option("--adapter", help="The LoRA adapter alone, for transformers and vLLM.")]
Merged = Annotated[bool, typer.Option("--merged", help="The whole model, the adapter merged into it.")]
Gguf = Annotated[bool, typer.Option("--gguf", help="The whole model as one file for llama.cpp.")]


def chosen_form(*, adapter: bool, merged: bool, gguf: bool) -> Form | None:
    """The form that the options say; None where they say none.

    Raises:
        InputError: they say several.
    """
    forms: tuple[tuple[Form, bool], ...] = (("adapter", adapter), ("merged", merged), ("gguf", gguf))
    said: tuple[Form, ...] = tuple(form for form, wanted in forms if wanted)
    if len(said) > 1:
        raise InputError(f"{len(said)} forms at once", where="export", do=f"say one: --{' or --'.join(said)}")
    return said[0] if said else None


async def hand_over_form(directory: Path, form: Form, into: Path | None) -> None:
    """Write the student of a run in one form, and say where it is and what it needs."""
    from tutelage.graph import runs
    from tutelage.graph.handoff import hand_over
    from tutelage.graph.rundir import RunDir

    manifest, state, _ = await runs.snapshot(directory)
    folder = into or directory / f"export-{form}"
    done = await hand_over(RunDir(directory), manifest, runs.read_items(directory), state, form, folder)
    typer.echo(f"adapter {done.sha256[:12]} as {form}: {done.folder}")
    if form == "adapter":
        typer.echo(f"its base model: {done.base}")
    typer.echo(f"how to ask and load it: {done.folder / 'README.md'}")
