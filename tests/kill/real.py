"""Real processes to kill: the command line as a subprocess, and an offline teacher that outlives it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tutelage.tracing.reader import span_lines

# For what never comes: far more than it takes on a busy machine.
PATIENCE_S = 400.0
GONE_S = 10.0
MARK = "TUTELAGE_TEST_MARK"
# Every progress line is wanted at once: they are what says that a training step is running.
LAUNCH = "import tutelage.graph.live_lines as lines; lines.WORK_EVERY = 0.0; from tutelage.cli import main; main()"
Spans = Sequence[dict[str, Any]]


def hear_interrupts() -> None:
    """A shell that runs the tests in the background has SIGINT ignored, and a child inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class TeacherByHand:
    """An offline teacher in a process of the test's, with the log of what it answered."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.url = url
        self._process = process
        self._log = log

    def answered(self) -> list[str]:
        """SHA-256 of the body of every answered request, in order."""
        if not self._log.exists():
            return []
        return [json.loads(line)["sha256"] for line in self._log.read_text().splitlines()]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Nobody is answered within the block; what was asked meanwhile is answered after it."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def teacher_by_hand(folder: Path) -> Iterator[TeacherByHand]:
    """Serve the offline teacher for the length of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "answered.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "tutelage.teachers.offline", "--port", str(port), "--log", str(log)],
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/v1"
    try:
        _await_models(url)
        yield TeacherByHand(process, url, log)
    finally:
        process.kill()
        process.wait()


def _await_models(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(f"{url}/models", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline, "the offline teacher does not answer"
            time.sleep(0.05)


class Tutelage:
    """``tutelage ...`` as a process of its own session, as a shell starts it."""

    def __init__(self, arguments: Sequence[str], rundir: Path, output: Path) -> None:
        self._mark = uuid.uuid4().hex
        self._rundir = rundir
        self._out, self._err = output.with_suffix(".out"), output.with_suffix(".err")
        self._earlier = len(span_lines(rundir / "spans.jsonl"))
        self._read: tuple[int, Spans] = (0, [])
        output.parent.mkdir(parents=True, exist_ok=True)
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-c", LAUNCH, *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True, cwd=output.parent,
                env={**os.environ, MARK: self._mark, "HF_HUB_OFFLINE": "1", "NO_COLOR": "1"},
                preexec_fn=hear_interrupts,
            )  # fmt: skip

    @property
    def out(self) -> str:
        """Standard output so far."""
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """Standard error so far."""
        return self._err.read_text(encoding="utf-8")

    def spans(self) -> Spans:
        """What this process wrote into the run's trace.

        Asked every few milliseconds, on a machine where the run itself wants each core: read when the file has grown.
        """
        path = self._rundir / "spans.jsonl"
        size = path.stat().st_size if path.exists() else 0
        if size != self._read[0]:
            self._read = (size, span_lines(path)[self._earlier :])
        return self._read[1]

    def open_nodes(self) -> list[str]:
        """Names of the nodes that this process has entered and not left."""
        return open_nodes(self.spans())

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until ``holds``; a process that ends before is a failed test."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert self._process.poll() is None, f"ended with {self._process.returncode} before {what}: {self.err}"
            assert time.monotonic() < deadline, f"no sign of {what}: {self.out}"
            time.sleep(0.002)

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def wait(self) -> int:
        """Exit code, once it has ended by itself."""
        return self._process.wait(timeout=PATIENCE_S)

    def kill(self) -> None:
        """SIGKILL. Nothing that it started may live on."""
        self._process.kill()
        self._process.wait()
        self.expect_no_survivor()

    def interrupt(self) -> int:
        """Ctrl-C, as a terminal sends it: to the whole foreground group. Returns the exit code."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self.wait()

    def expect_no_survivor(self) -> None:
        """Fail where a process that this one started is still there."""
        deadline = time.monotonic() + GONE_S
        while found := _marked(self._mark):
            assert time.monotonic() < deadline, f"processes {found} outlived the run"
            time.sleep(0.02)

    def family(self) -> list[int]:
        """Process ids of the run and of all that it started."""
        return _marked(self._mark)


def open_nodes(spans: Spans) -> list[str]:
    """Nodes with a start line and no end line."""
    ended = {span["span_id"] for span in spans if span["event"] == "end"}
    return [
        span["name"].removeprefix("node ")
        for span in spans
        if span["event"] == "start" and span["name"].startswith("node ") and span["span_id"] not in ended
    ]


def _marked(mark: str) -> list[int]:
    """Living processes whose environment holds the mark: children inherit it, whoever adopts them later."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                if wanted in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue  # gone meanwhile, or not ours
    return found
