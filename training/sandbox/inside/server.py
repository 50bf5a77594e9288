"""The sandbox's own process: keeps a warm interpreter and forks it for every program. One JSON line in, one out.

It is the first and only trusted code inside. A program never shares a process, a namespace of processes, a scratch
directory or a descriptor with it or with the program before: each gets its own, and all of a program's processes are
ended before its verdict is told.
"""

from __future__ import annotations

import gc
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tutelage.training.sandbox.inside import confine, program

READY = "ready"
_CHUNK = 1 << 16
_TAIL = 400
_VERDICT, _START = 60, 61
# This process and bubblewrap's own run as the same user where a user namespace holds all of them.
_OURS = 2


@dataclass(frozen=True)
class Ground:
    """How programs are held.

    Attributes:
        isolated: False only where the user accepted the risk: then limits hold, and nothing else does.
        uid: The user that programs run as, where the sandbox was started by root.
    """

    isolated: bool
    uid: int | None


def main() -> None:
    """Answer until stdin closes."""
    ground = Ground(**json.loads(sys.argv[1]))
    if ground.isolated:
        confine.adopt_orphans()
    program.warm()
    gc.collect()
    gc.freeze()
    _tell(READY)
    for line in sys.stdin.buffer:
        _tell(_answer(json.loads(line), ground))


def _tell(value: object) -> None:
    os.write(1, json.dumps(value).encode() + b"\n")


def _answer(request: Mapping[str, Any], ground: Ground) -> dict[str, object]:
    started = time.monotonic()
    word = os.urandom(12).hex()
    scratch = None if ground.isolated else tempfile.mkdtemp()
    verdict_read, verdict_write = os.pipe()
    output_read, output_write = os.pipe()
    start_read, start_write = os.pipe()
    launcher = os.fork()
    if launcher == 0:
        _launch(request, ground, scratch, word, verdict_write, output_write, start_write)
    for descriptor in (verdict_write, output_write, start_write):
        os.close(descriptor)
    if ground.isolated:
        os.waitpid(launcher, 0)
    try:
        child, broken = _started(start_read, None if ground.isolated else launcher)
        if child is None:
            return {"verdict": "broken", "detail": broken or "the program was not started"}
        if broken is not None:
            _end(child, ground)
            return {"verdict": "broken", "detail": broken}
        limits = request["limits"]
        stop, told, tail = _watch(verdict_read, output_read, started + limits["wall_s"], limits["output_kb"] << 10)
        status, cpu = _end(child, ground)
        verdict, detail = _verdict(stop, told, tail, word, status, cpu, limits)
        return {"verdict": verdict, "detail": detail, "seconds": round(time.monotonic() - started, 4)}
    finally:
        for descriptor in (verdict_read, output_read, start_read):
            os.close(descriptor)
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def _started(start: int, child: int | None) -> tuple[int | None, str | None]:
    """Wait until the program is held. Returns its process, if there is one, and what failed, if anything did.

    The descriptor is closed before the program's first line, so that none can say of itself that it was not held.
    """
    said = b""
    while chunk := os.read(start, _CHUNK):
        said += chunk
    broken = None
    for line in said.decode(errors="replace").splitlines():
        if line.isdigit():
            child = int(line)
        else:
            broken = line
    return child, broken


def _launch(
    request: Mapping[str, Any], ground: Ground, scratch: str | None, word: str, verdict: int, output: int, start: int
) -> None:
    """In the fork: make the program's ground, and fork its first process there. Never returns."""
    try:
        if ground.isolated:
            confine.new_ground()
            child = os.fork()
            if child:
                os.write(start, f"{child}\n".encode())
                os._exit(0)
        # Before anything else: a signal to one's own group must not reach ours.
        os.setsid()
        verdict, start = _only(verdict, output, start)
        if scratch is None:
            confine.new_scratch(request["limits"]["scratch_mb"])
        else:
            os.chdir(scratch)
        confine.limit(request["limits"], _processes(request["limits"]["processes"], ground))
        if ground.isolated:
            confine.give_up_privileges(ground.uid)
    except BaseException as error:  # noqa: BLE001 - a fork must not go on as its parent
        with suppress(OSError):
            os.write(start, f"{error!r}\n".encode(errors="replace"))
        os._exit(1)
    os.close(start)
    try:
        program.run(request["parts"], word, verdict)
    finally:
        os._exit(0)


def _processes(most: int, ground: Ground) -> int | None:
    """What to set the kernel's count of processes to, which is kept by user, so that a program may have ``most``."""
    if not ground.isolated:
        return None  # all of the user's processes would count
    return most if ground.uid is not None else most + _OURS


def _only(verdict: int, output: int, start: int) -> tuple[int, int]:
    """Keep three descriptors for a program, and ours for verdict and start; nothing else that is open here stays so."""
    nothing = os.open("/dev/null", os.O_RDONLY)
    kept = os.dup2(verdict, _VERDICT, inheritable=False), os.dup2(start, _START, inheritable=False)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, _VERDICT)
    os.closerange(_START + 1, 256)
    return kept


def _watch(verdict: int, output: int, deadline: float, most: int) -> tuple[str | None, bytes, bytes]:
    """Read until the verdict is told or cannot be any more.

    Returns:
        Why it was stopped (None: it was not), what was told, and the end of what was printed.
    """
    told, tail, printed = b"", b"", 0
    sources = [verdict, output]
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select(sources, [], [], left)
        if output in ready:
            chunk = os.read(output, _CHUNK)
            if not chunk:
                sources = [verdict]
            printed += len(chunk)
            tail = (tail + chunk)[-_TAIL:]
            if printed > most:
                return "output", told, tail
        if verdict in ready:
            chunk = os.read(verdict, _CHUNK)
            told = (told + chunk)[:_CHUNK]
            if not chunk or told.endswith(b"\n"):
                return None, told, tail
    return "wall", told, tail


def _end(child: int, ground: Ground) -> tuple[int, float]:
    """End all of a program's processes, as a group: the kernel does it with the first process of their namespace."""
    with suppress(ProcessLookupError):
        if ground.isolated:
            os.kill(child, signal.SIGKILL)
        else:
            os.killpg(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    while True:  # what it left behind has become ours
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break
    return status, used.ru_utime + used.ru_stime


def _verdict(
    stop: str | None, told: bytes, tail: bytes, word: str, status: int, cpu: float, limits: Mapping[str, int]
) -> tuple[str, str]:
    text = told.decode(errors="replace").strip()
    if stop == "wall":
        return "wall", f"not done after {limits['wall_s']} s"
    if stop == "output":
        return "output", f"more than {limits['output_kb']} kB printed"
    if text == word:
        return "passed", ""
    if text:
        return "failed", text
    # The kernel ends it at the limit; its own account of the time may say a little less.
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and cpu >= 0.8 * limits["cpu_s"]:
        return "cpu", f"more than {limits['cpu_s']} s of processor time"
    said = tail.decode(errors="replace").strip().splitlines()
    return "left", "ended before its tests did" + (f": {said[-1][:200]}" if said else "")


if __name__ == "__main__":
    main()
