"""The command line in a process of its own that never saw torch: a list of arguments in, an outcome out, a line each.

Starting Python for every case would cost seconds a case; what a case leaves in ``sys.modules`` is reported.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from typer.testing import CliRunner


@dataclass(frozen=True)
class Outcome:
    """What a command did.

    Attributes:
        err: Standard error, that of child processes included.
        torch: Whether torch has come into the process.
    """

    code: int
    out: str
    err: str
    torch: bool
    crash: str | None


class CommandLine:
    """Runs commands in the driver's process."""

    def __init__(self, process: subprocess.Popen[str], stderr: IO[str]) -> None:
        self._process = process
        self._stderr = stderr

    def __call__(self, *arguments: str | Path) -> Outcome:
        """``tutelage ARGUMENTS``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stderr.seek(0, 2)
        self._process.stdin.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        outcome = Outcome(**json.loads(line))
        return Outcome(outcome.code, outcome.out, outcome.err + self._stderr.read(), outcome.torch, outcome.crash)


@contextmanager
def command_line(folder: Path) -> Iterator[CommandLine]:
    """A driver for the length of the block, with ``folder`` as its working directory."""
    errors = folder / "driver.err"
    with errors.open("w") as stderr, errors.open() as reader:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r});"
             "from tests.e2e.driver import main; main()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=folder,
        )  # fmt: skip
        try:
            yield CommandLine(process, reader)
        finally:
            process.kill()
            process.wait()


def main() -> None:
    """Serve until stdin closes."""
    from tutelage.cli import app

    for line in sys.stdin:
        result = CliRunner().invoke(app, json.loads(line), prog_name="tutelage")
        crash = None if result.exception is None or isinstance(result.exception, SystemExit) else repr(result.exception)
        outcome = Outcome(result.exit_code, result.stdout, result.stderr, "torch" in sys.modules, crash)
        sys.stdout.write(json.dumps(outcome.__dict__) + "\n")
        sys.stdout.flush()
