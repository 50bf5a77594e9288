"""One server that makes room for the student's training and comes back: by sleeping, or by being stopped and started.

``open`` before it is used, ``release`` in the end; in between ``leave`` and ``come_back`` take turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Protocol

from tutelage.errors import ConfigError, NeighbourError, StudentServerError
from tutelage.training.process import last_line
from tutelage.training.serving import Server

_LOOK_S = 0.5


class Movable(Protocol):
    """What can be asked for the device."""

    @property
    def server(self) -> Server:
        """How it is asked."""
        ...

    async def open(self) -> None:
        """Have it there, awake."""
        ...

    async def leave(self) -> None:
        """Make room."""
        ...

    async def come_back(self) -> None:
        """Be there again, awake."""
        ...

    async def release(self) -> None:
        """Leave it as a run must leave it, also after a failure."""
        ...


class Sleeper:
    """A server of the user's that lays its weights aside."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def open(self) -> None:
        """A run that was killed in mid-training has left it asleep: it is woken.

        Raises:
            ConfigError: it is not there, or cannot sleep.
        """
        try:
            if await self.server.sleeping():
                await self.server.wake()
        except StudentServerError as error:
            raise ConfigError(error.what, where=error.where, do=error.do) from error

    async def leave(self) -> None:
        """Sleep.

        Raises:
            NeighbourError: it says that it does not.
            StudentServerError: it went away.
        """
        await self.server.sleep()
        if not await self.server.sleeping():
            raise NeighbourError("it was put to sleep and says that it is awake", where=self.server.url, do=_KIND)

    async def come_back(self) -> None:
        """Wake.

        Raises:
            NeighbourError: it says that it does not.
            StudentServerError: it went away.
        """
        await self.server.wake()
        if await self.server.sleeping():
            raise NeighbourError("it was woken and says that it sleeps", where=self.server.url, do=_KIND)

    async def release(self) -> None:
        """Awake, as it was found."""
        with contextlib.suppress(StudentServerError):
            if await self.server.sleeping():
                await self.server.wake()


class Managed:
    """A server that is a process of ours."""

    def __init__(self, server: Server, command: list[str], log: Path, start_s: float) -> None:
        self.server = server
        self._command = command
        self._log = log
        self._start_s = start_s
        self._process: asyncio.subprocess.Process | None = None

    async def open(self) -> None:
        """Start it for the first time.

        Raises:
            ConfigError: something else answers there already, or it does not start.
        """
        if await self._answers():
            raise ConfigError(
                "something answers there already, and this server is to be started by the run",
                where=self.server.url,
                do="stop it, or set placement.policy to sleep or separate",
            )
        try:
            await self.come_back()
        except NeighbourError as error:
            raise ConfigError(error.what, where=error.where, do=error.do) from error

    async def leave(self) -> None:
        """End."""
        await self.release()

    async def come_back(self) -> None:
        """Start, and wait until it answers.

        Raises:
            NeighbourError: it ends, or takes too long.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            start = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tutelage.training.guarded", *self._command,
                stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"},
            )  # fmt: skip
        deadline = time.monotonic() + self._start_s
        while self._process.returncode is None and time.monotonic() < deadline:
            if await self._answers():
                return
            await asyncio.sleep(_LOOK_S)
        ended = self._process.returncode is not None
        await self.release()
        last = last_line(self._log, start)
        raise NeighbourError(
            f"'{self._command[0]} ...' {'ended' if ended else f'did not answer within {self._start_s:.0f} s'}"
            + (f": {last}" if last else ""),
            where=self.server.url,
            do=f"see {self._log}, or try placement.servers' command by hand",
        )

    async def release(self) -> None:
        """End it and all it started. When this is done its memory is free."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        await process.wait()

    async def _answers(self) -> bool:
        return await self.server.there()


_KIND = "see that it is a vLLM started with --enable-sleep-mode"
