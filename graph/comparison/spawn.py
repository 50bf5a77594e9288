"""The parent's side of a run in a child process: start it, read its events, end it.

The child is in a process group of its own (a terminal's Ctrl-C is the parent's to handle) and asks the kernel to be
killed with its parent; whatever it was doing, its run can go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tutelage.files import disk_errors
from tutelage.graph.comparison.child import FAILED, RESULT
from tutelage.graph.comparison.plan import Job
from tutelage.training.process import how_it_ended, last_line

GRACE_S = 10.0
"""Seconds that an interrupted child has to put things down before it is killed."""
_LINE_LIMIT = 16 * 1024 * 1024
Told = Callable[[Mapping[str, Any]], None]


async def run_apart(job: Job, config_path: Path, log: Path, told: Told) -> str | None:
    """Do one run, begun or not, to its end. Returns what went wrong, None where nothing did.

    A cancelled run is interrupted, and can go on.

    Args:
        job: The run.
        config_path: The configuration that it starts from.
        log: Where the child's stderr goes.
        told: Is given every event, as ``--progress json`` would write it.
    """
    with disk_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        stderr = log.open("ab")
    with stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tutelage.graph.comparison.child", str(os.getpid()), str(config_path),
            str(job.root), *job.overrides,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=stderr,
            start_new_session=True, limit=_LINE_LIMIT,
        )  # fmt: skip
    try:
        last = await _listen(process, told)
        code = await process.wait()
    finally:
        await _end(process)
    if last.get("event") == FAILED:
        return str(last.get("error"))
    if last.get("event") == RESULT:
        return None
    said = last_line(log, 0)
    return f"the run's process ended with {how_it_ended(code)}" + (f": {said}" if said else "")


async def _listen(process: asyncio.subprocess.Process, told: Told) -> Mapping[str, Any]:
    last: Mapping[str, Any] = {}
    stdout = process.stdout
    while stdout is not None and (line := await stdout.readline()):
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                last = event
                told(event)
    return last


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nobody behind: interrupt, wait a little, then kill the child and all it started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
