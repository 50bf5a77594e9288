"""A run that kills itself in a node: ``python -m tests.kill.dying ROOT NODE begins|ends``. Or goes on with one.

The kill is SIGKILL, in the very moment when a node has begun, or has done its work and nobody has noted it yet: no
other process could hit a node that lasts milliseconds. The student is simulated; it loses a module in round 2, so that
every node is entered.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from tests.graph.simulated import QUICKSTART, SMALL, Ability, Recorder, install
from tutelage.graph import runs
from tutelage.tracing import names
from tutelage.tracing.spans import _JsonLines

LOST = {("number/addition", 2): 0.9}
SETTINGS = (*SMALL, "tutor.replay_share=0", "limits.rounds=2", "tutor.examples=12")


def die_in(patch: pytest.MonkeyPatch, node: str, moment: str) -> None:
    """Put the kill at the first such moment."""
    write = _JsonLines._write

    def write_and_die(self: _JsonLines, event: str, span: ReadableSpan) -> None:
        here = span.name == names.NODE + node
        if here and (event, moment) == ("end", "ends"):
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, event, span)
        if here and (event, moment) == ("start", "begins"):
            os.kill(os.getpid(), signal.SIGKILL)

    patch.setattr(_JsonLines, "_write", write_and_die)


async def go(root: Path) -> None:
    """Start the run, or go on with it."""
    if runs.can_resume(root):
        await runs.resume(root, [], Recorder(), approve=False)
    else:
        await runs.start(QUICKSTART, root, list(SETTINGS), Recorder())


def main() -> None:
    """Run, and die where it was told to."""
    root, *where = sys.argv[1:]
    with pytest.MonkeyPatch.context() as patch:
        install(patch, Ability(fade=lambda module, number: LOST.get((module, number), 0.0)), Path(root).parent)
        if where:
            die_in(patch, *where)
        asyncio.run(go(Path(root)))


if __name__ == "__main__":
    main()
