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
    from tutelage.files import write_json
    from tutelage.graph.comparison.across import take_together
    from tutelage.graph.comparison.across_rows import HEADINGS, difference_rows, unit_headings, unit_rows

    with errors_as_lines():
        together = take_together(folders)
        show_table(unit_headings(together), unit_rows(together))
        typer.echo()
        show_table(HEADINGS, difference_rows(together))
        if into is not None:
            write_json(into, together.model_dump(mode="json"))
            typer.echo(f"together: {into}")
