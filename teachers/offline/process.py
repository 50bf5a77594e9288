"""The offline teacher as a child process: started, waited for, stopped."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from types import TracebackType

from tutelage.errors import TeacherUnreachable
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.offline.server import LOOPBACK, MODEL, bind
from tutelage.teachers.settings import Prices

IDENTITY = "offline:everyday_arithmetic"
START_S = 60.0

OFFLINE = Endpoint(
    name="offline", base_url=f"http://{LOOPBACK}:0/v1", model=MODEL, identity=IDENTITY, is_language_model=False,
    prices=Prices(prompt=0, completion=0),
)  # fmt: skip
"""The offline teacher before it is started: its port is not known yet."""


class OfflineTeacher:
    """Serves the offline teacher from a child process for as long as it is entered; gives its endpoint.

    ``async with OfflineTeacher(log) as endpoint: ...``
    """

    def __init__(self, log: Path | None = None) -> None:
        """Starts nothing yet.

        Args:
            log: One JSON line is appended for every answered request.
        """
        self._log = log
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Endpoint:
        """Start the child and wait until it answers.

        Raises:
            TeacherUnreachable: it ended, or did not answer in time.
        """
        listener = bind(0)
        address = f"http://{LOOPBACK}:{listener.getsockname()[1]}/v1"
        command = [sys.executable, "-P", "-m", "tutelage.teachers.offline"]
        command += ["--fd", str(listener.fileno()), "--parent", str(os.getpid())]
        command += [] if self._log is None else ["--log", str(self._log)]
        try:
            # A session of its own: Ctrl-C is for the run, which stops its teacher last.
            self._child = await asyncio.create_subprocess_exec(
                *command, pass_fds=(listener.fileno(),), start_new_session=True, stdin=asyncio.subprocess.DEVNULL
            )
        finally:
            # The child has its own copy: connections wait in its queue, and are refused once it is gone.
            listener.close()
        try:
            return await _ready(self._child, address)
        except BaseException:
            await _stop(self._child)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the child."""
        if self._child is not None:
            await _stop(self._child)


async def _ready(child: asyncio.subprocess.Process, address: str) -> Endpoint:
    # The child imports this package too, and without OpenAI's client it starts in a third of the time.
    from tutelage.teachers.probe import probe_endpoint

    endpoint = OFFLINE.model_copy(update={"base_url": address})
    deadline = time.monotonic() + START_S
    while True:
        try:
            return await probe_endpoint(endpoint)
        except TeacherUnreachable:
            if child.returncode is not None or time.monotonic() > deadline:
                raise


async def _stop(child: asyncio.subprocess.Process) -> None:
    # Killed outright: it holds nothing but answered requests, and those are in its log already.
    if child.returncode is None:
        child.kill()
    await child.wait()
