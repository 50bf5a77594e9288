"""The sandbox as graders see it: several warm workers, safe between threads, refused where nothing can hold."""

from __future__ import annotations

import atexit
import warnings
from collections.abc import Sequence
from queue import LifoQueue

from tutelage.errors import SandboxBroken, SandboxUnavailable
from tutelage.training.sandbox import bubblewrap
from tutelage.training.sandbox.contracts import CodeSettings, Limits, Outcome, Part
from tutelage.training.sandbox.inside.seccomp import known_machine
from tutelage.training.sandbox.worker import Worker

UNSAFE = (
    "code.sandbox is none_i_accept_the_risk: programs that a model wrote run as YOU, with your files and your network; "
    "only time, memory and output are limited"
)
_PROBE = (Part(name="probe", code="1 + 1"),)


class Sandbox:
    """Runs programs, as many at a time as it has workers."""

    def __init__(self, settings: CodeSettings) -> None:
        self.settings = settings
        isolated = settings.sandbox == "required"
        if not isolated:
            warnings.warn(UNSAFE, RuntimeWarning, stacklevel=2)
        self._workers = [Worker(number, isolated=isolated) for number in range(settings.workers)]
        self._free: LifoQueue[Worker] = LifoQueue()
        for worker in reversed(self._workers):
            self._free.put(worker)
        atexit.register(self.close)

    def check(self) -> None:
        """Start a worker and run one program, before anything hangs on it.

        Raises:
            SandboxUnavailable: nothing here can hold a program; says what to install or to change.
        """
        if self.settings.sandbox == "required":
            _check_mechanism()
        self.run(_PROBE)

    def run(self, parts: Sequence[Part], limits: Limits | None = None) -> Outcome:
        """Run a program to its end or to its limits. Waits for a free worker.

        Raises:
            SandboxUnavailable: as ``check``.
            SandboxBroken: twice in a row the sandbox failed by itself.
        """
        worker = self._free.get()
        try:
            try:
                return worker.run(parts, limits or self.settings.limits)
            except SandboxBroken:  # a machine short of memory, a worker that was killed: a new one may do
                return worker.run(parts, limits or self.settings.limits)
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """Kill every worker."""
        for worker in self._workers:
            worker.close()
        atexit.unregister(self.close)


def _check_mechanism() -> None:
    refuse = "or set code.sandbox to none_i_accept_the_risk (docs/sandbox.md says what that means)"
    if bubblewrap.find() is None:
        raise SandboxUnavailable(
            "the domain's answers are programs, and no sandbox can hold them: bubblewrap (bwrap) is not installed",
            do=f"{bubblewrap.INSTALL}, {refuse}",
        )
    if not known_machine():
        raise SandboxUnavailable(
            "the sandbox knows Linux on x86_64 and aarch64 only", do=f"use such a machine, {refuse}"
        )
