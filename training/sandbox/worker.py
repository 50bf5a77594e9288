"""One warm sandbox: a server process inside, asked one program at a time."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tutelage.errors import SandboxBroken, SandboxUnavailable
from tutelage.training.sandbox import bubblewrap
from tutelage.training.sandbox.contracts import Limits, Outcome, Part

# What the server itself may need, over the program's own time, on a machine that is busy.
_PATIENCE_SECONDS = 20.0
_MOST_REPLY = 1 << 20
_SOURCE = Path(bubblewrap.__file__).parents[3]


class Worker:
    """Starts its sandbox when it is first asked, and again after one had to be killed. For one thread at a time."""

    def __init__(self, number: int, *, isolated: bool) -> None:
        self._number = number
        self._isolated = isolated
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, parts: Sequence[Part], limits: Limits) -> Outcome:
        """Run a program to its end or to its limits.

        Raises:
            SandboxUnavailable: the sandbox cannot be started.
            SandboxBroken: it was started, and ended or fell silent by itself.
        """
        request = {"parts": [part.model_dump() for part in parts], "limits": limits.model_dump()}
        process = self._started()
        said = _exchange(process, json.dumps(request).encode() + b"\n", limits.wall_s + _PATIENCE_SECONDS)
        if said is None or said["verdict"] == "broken":
            self.close()
            raise SandboxBroken(f"the sandbox did not run a program ({(said or {}).get('detail', 'it fell silent')})")
        return Outcome.model_validate(said)

    def close(self) -> None:
        """Kill the sandbox and everything in it."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        if _exchange(self._process, b"", _PATIENCE_SECONDS) is None:
            self._process.kill()
            _, words = self._process.communicate()
            self._process = None
            raise SandboxUnavailable(
                f"no sandbox can be started ({words.decode(errors='replace').strip()[-300:] or 'no word from it'})",
                do="see docs/sandbox.md",
            )
        return self._process

    def _command(self) -> list[str]:
        ground = {"isolated": self._isolated, "uid": bubblewrap.own_uid(self._number) if self._isolated else None}
        if not self._isolated:
            return [sys.executable, "-B", "-c", bubblewrap.starter(str(_SOURCE)), json.dumps(ground)]
        bwrap = bubblewrap.find()
        if bwrap is None:
            raise SandboxUnavailable("bubblewrap is not installed", do=bubblewrap.INSTALL)
        return [*bubblewrap.command(bwrap), json.dumps(ground)]


def _exchange(process: subprocess.Popen[bytes], line: bytes, patience: float) -> dict[str, object] | None:
    """Send a line, if any, and wait for one; None where none came in time or the sandbox is gone."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        if line:
            _write_all(process.stdin.fileno(), line)
    except BrokenPipeError:
        return None
    reply, deadline = b"", time.monotonic() + patience
    while not reply.endswith(b"\n") and len(reply) < _MOST_REPLY:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(process.stdout.fileno(), 1 << 16) if ready else b""
        if not chunk:
            return None
        reply += chunk
    said = json.loads(reply)
    return said if isinstance(said, dict) else {"verdict": said}


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
