"""``tutelage across``: what comparisons on several students or domains show together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tutelage.cli_common import errors_as_lines, show_table


def across(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of 'tutelage compare'.")],
    into: Annotated[Path | None, typer.Option("--into", metavar="FILE", help="Write it as JSON, too.")] = None,
) -> None:
    """Take comparisons on several students or domains together, and say what they show of others.

    Each counts once, however many seeds it has. All must have the same budget, strategies and baseline.
    """
    from tutelage.errors import InputError
    from tutelage.files import write_json
    from tutelage.graph.comparison.across import take_together
    from tutelage.graph.comparison.across_rows import (
        HEADINGS,
        difference_rows,
        shared_lines,
        spent_lines,
        unit_headings,
        unit_rows,
    )

    with errors_as_lines():
        if into is not None and (into.is_dir() or into.resolve().parent in [f.resolve() for f in folders]):
            raise InputError("is a folder, or lies in one of the comparisons", where=into, do="name another file")
        together = take_together(folders)
        show_table(unit_headings(together), unit_rows(together))
        typer.echo("\n".join(["", *spent_lines(together), ""]))
        show_table(HEADINGS, difference_rows(together))
        for line in shared_lines(together):
            typer.echo(line)
        if len(folders) == 1:
            typer.echo("one comparison says nothing of other students or domains")
        if into is not None:
            write_json(into, together.model_dump(mode="json"))
            typer.echo(f"together: {into}")
