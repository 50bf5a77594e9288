"""The parent's side of the child process that holds torch: start, ask, kill. No torch here.

The child is in a process group of its own (a terminal's Ctrl-C is the parent's to handle) and asks the kernel to be
killed with its parent, so neither a cancelled node nor a SIGKILL leaves one behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tutelage.errors import WorkerDied
from tutelage.pedagogy.records import Record
from tutelage.training.protocol import REPLY, Done, Failed, Progress, raised

# One reply holds a batch of answers; asyncio's own limit of 64 KiB is too small for a batch of long ones.
_LINE_LIMIT = 64 * 1024 * 1024
# As much of the log's end as can hold the last line of a traceback.
_TAIL_BYTES = 8192

OnProgress = Callable[[dict[str, Any]], None]


def child_environment(threads: int | None, gpus: int = 1) -> dict[str, str]:
    """The child's environment: ours, with telemetry off, and threads and GPUs set before torch starts.

    A process sits on one GPU, and as many are seen as there are processes, the first of those visible: with more,
    Trainer would silently switch to DataParallel, which changes the batch size.
    """
    count = str(threads or os.cpu_count() or 1)
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(gpus)))).split(",")
    gpu = ",".join(visible[:gpus])
    return {
        **os.environ,
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "CUDA_VISIBLE_DEVICES": gpu,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "PYTHONUNBUFFERED": "1",
    }


class Worker:
    """A running child. One request at a time; after a death or a kill every request raises WorkerDied."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, log_start: int) -> None:
        self._process = process
        self._log = log
        self._log_start = log_start
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    async def request(self, request: Record, on_progress: OnProgress) -> dict[str, Any]:
        """Send one request and wait for its result. A cancelled request kills the child.

        Raises:
            WorkerDied: the child ended without a result.
            TutelageError: the child reported an error of ours; raised as the same class. The child lives on.
        """
        async with self._turn:
            try:
                await self._send(request)
                reply = await self._receive(on_progress)
            except BaseException:
                # Half-way through a request the pipe holds replies that nobody will read.
                await self.kill()
                raise
        if isinstance(reply, Failed):
            raise raised(reply)
        return reply.value

    async def kill(self) -> None:
        """Kill the child and all it started, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def _send(self, request: Record) -> None:
        stdin = self._process.stdin
        if stdin is None or self._process.returncode is not None:
            raise await self._death()
        # A child that dies while we write is reported by _receive, which knows why.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            stdin.write(request.model_dump_json().encode() + b"\n")
            await stdin.drain()

    async def _receive(self, on_progress: OnProgress) -> Done | Failed:
        stdout = self._process.stdout
        while stdout is not None and (line := await stdout.readline()):
            reply = self._parse(line)
            if not isinstance(reply, Progress):
                return reply
            on_progress(reply.value)
        raise await self._death()

    def _parse(self, line: bytes) -> Progress | Done | Failed:
        try:
            return REPLY.validate_json(line)
        except ValidationError as error:
            raise WorkerDied(f"the student's process said {line[:200]!r}", where=self._log) from error

    async def _death(self) -> WorkerDied:
        code = await self._process.wait()
        last = last_line(self._log, self._log_start)
        return WorkerDied(
            f"the student's process ended with {how_it_ended(code)}" + (f": {last}" if last else ""),
            where=self._log,
            do="see the log; if memory ran out, lower batch_size or micro_batch",
        )


@contextlib.asynccontextmanager
async def worker(
    log: Path, threads: int | None, *, module: str = "tutelage.training.worker", more: Sequence[str] = (), gpus: int = 1
) -> AsyncIterator[Worker]:
    """A child for the length of the block. Its stderr is appended to ``log``; it is gone when the block ends.

    Args:
        log: file of the child's stderr.
        threads: of torch; None takes every core.
        module: what the child runs; it is given our process id and ``more``.
        more: further arguments.
        gpus: how many it may see.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stderr:
        log_start = stderr.tell()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            str(os.getpid()),
            *more,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            env=child_environment(threads, gpus),
            start_new_session=True,
            limit=_LINE_LIMIT,
        )
    started = Worker(process, log, log_start)
    try:
        yield started
    finally:
        await started.kill()


def how_it_ended(code: int) -> str:
    """A process's return code in words."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def last_line(log: Path, start: int) -> str:
    """The last line of a log from ``start`` on that is not blank."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(start, size - _TAIL_BYTES))
        lines = file.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
