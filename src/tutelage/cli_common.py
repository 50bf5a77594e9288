"""What every command has in common: options that mean the same everywhere, and errors as one line and an exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tutelage.errors import TutelageError

INTERRUPTED = 130
Set = Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="Change one key of the configuration.")]
Teacher = Annotated[
    str | None,
    typer.Option("--teacher", metavar="NAME|URL", help="The teacher of every role: a name, a file, or a URL."),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Neither take answers that earlier runs paid for nor share this run's.")
]
RunDirectory = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")]
Result = TypeVar("Result")


def guarded(work: Coroutine[Any, Any, Result], directory: Path | None = None) -> Result:
    """Do a command's work. Errors of ours end the process with their line and exit code.

    Args:
        work: The work.
        directory: The run directory that it is about, where there is one: an interrupted run can go on.
    """
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        fail(_interrupted(directory), INTERRUPTED)
    except TutelageError as error:
        fail(error.line, error.exit_code)
    except ExceptionGroup as group:
        found = _first(group)
        if found is None:
            raise
        fail(found.line, found.exit_code)


def fail(line: str, code: int) -> NoReturn:
    """End with one line on stderr."""
    sys.stderr.write(f"tutelage: {line}\n")
    raise typer.Exit(code)


def teacher_settings(teacher: str | None) -> list[str]:
    """``--teacher`` as settings: the teacher of every role."""
    roles = ("diagnostician", "planner", "tutor", "reference", "judge")
    return [] if teacher is None else [f"teachers.default={teacher}", *(f"teachers.{role}=null" for role in roles)]


def show_table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table on a terminal; plain lines in a pipe, with two blanks or more between columns."""
    if sys.stdout.isatty():
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for heading in headings:
            table.add_column(heading)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        Console().print(table)
        return
    widths = [max(len(row[n]) for row in (headings, *rows)) for n in range(len(headings))]
    for row in (headings, *rows):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _interrupted(directory: Path | None) -> str:
    from tutelage.graph.runs import can_resume

    if directory is None:
        return "interrupted"
    onward = f"'tutelage resume {directory}' goes on" if can_resume(directory) else "the run had not begun"
    return f"interrupted; {onward}"


def _first(group: ExceptionGroup[Exception]) -> TutelageError | None:
    for error in group.exceptions:
        found = _first(error) if isinstance(error, ExceptionGroup) else error
        if isinstance(found, TutelageError):
            return found
    return None
