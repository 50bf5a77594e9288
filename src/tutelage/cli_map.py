"""``tutelage map``: from a description and seed items to a domain with modules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tutelage.cli_common import NoCache, fail, guarded
from tutelage.errors import InputError
from tutelage.graph.plain_text import visible


def map_domain(
    domain: Annotated[Path, typer.Argument(help="A domain's file without modules: name, description, items, grader.")],
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="Folder of the new domain.")],
    teacher: Annotated[str, typer.Option("--teacher", metavar="NAME|URL", help="Who draws the map.")] = "offline",
    modules: Annotated[str, typer.Option("--modules", metavar="LEAST-MOST", help="How many are wanted.")] = "25-35",
    least_items: Annotated[int, typer.Option("--least-items", min=1, help="A module with fewer is left out.")] = 1,
    write_probes: Annotated[
        int,
        typer.Option("--write-probes", min=0, metavar="N", help="Where items lack, have up to N a module written."),
    ] = 0,
    no_cache: NoCache = False,
) -> None:
    """Draw the knowledge map of a domain that names no modules, and tag its items: a domain to read, edit and run."""
    from tutelage.graph.mapping import draw_domain, map_lines

    work = draw_domain(
        domain, into, teacher, modules=_range(modules), least_items=least_items, write_probes=write_probes,
        use_cache=not no_cache,
    )  # fmt: skip
    for line in map_lines(guarded(work)):
        typer.echo(visible(line))


def _range(text: str) -> tuple[int, int]:
    least, _, most = text.partition("-")
    if least.isdecimal() and most.isdecimal() and 1 <= int(least) <= int(most):
        return int(least), int(most)
    return fail(f"--modules: '{text}' is no range; say it as 25-35", InputError.exit_code)
