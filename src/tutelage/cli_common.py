"""What every command has in common: options that mean the same everywhere, and errors as one line and an exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar, get_args

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tutelage.errors import TutelageError
from tutelage.graph.plain_text import visible

INTERRUPTED = 130
ENDING = (KeyboardInterrupt, TutelageError, ExceptionGroup)
"""What ends a command with one line on stderr."""
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
    except ENDING as error:
        _end(error, directory)


@contextmanager
def errors_as_lines() -> Iterator[None]:
    """Errors of ours within the block end the process with their line and exit code."""
    try:
        yield
    except ENDING as error:
        _end(error, None)
    except BrokenPipeError:  # 'tutelage trace ls DIR | head' has seen enough
        raise typer.Exit from None


def fail(line: str, code: int) -> NoReturn:
    """End with one line on stderr. It may quote a server or a file, so nothing in it may steer the terminal."""
    sys.stderr.write(f"tutelage: {visible(line)}\n")
    raise typer.Exit(code)


def teacher_settings(teacher: str | None) -> list[str]:
    """``--teacher`` as settings: the teacher of every role."""
    from tutelage.teachers.contracts import TeacherRole

    if teacher is None:
        return []
    return [f"teachers.default={teacher}", *(f"teachers.{role}=null" for role in get_args(TeacherRole))]


def _end(error: BaseException, directory: Path | None) -> NoReturn:
    if isinstance(error, KeyboardInterrupt):
        fail(_interrupted(directory), INTERRUPTED)
    found = _first(error)
    if found is None:
        raise error
    fail(found.line, found.exit_code)


def show_table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table on a terminal, plain lines in a pipe. What a server or a file says in it steers no terminal."""
    rows = [tuple(visible(cell) for cell in row) for row in rows]
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


def _first(error: BaseException) -> TutelageError | None:
    """The first error of ours in an error or, however deep, in a group of them."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := _first(one)) is not None), None)
    return error if isinstance(error, TutelageError) else None
