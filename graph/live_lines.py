"""Progress as plain timestamped lines, for pipes, logs and continuous integration."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from tutelage.graph.plain_text import one_line, plain_text
from tutelage.graph.progress import (
    DecisionMade,
    Estimated,
    Event,
    ModuleReading,
    NodeStarted,
    RunEnded,
    RunStarted,
    Work,
)
from tutelage.graph.statuses import words

WORK_EVERY = 10.0


class LineProgress:
    """One line for each node, reading and decision, and one for work at most every ``WORK_EVERY`` seconds.

    A reader that goes away (``| head``) ends the lines, not the run.
    """

    def __init__(self, stream: TextIO, seconds: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._seconds = seconds
        self._lock = threading.Lock()
        self._last_work: float | None = None
        self._gone = False

    def emit(self, event: Event) -> None:
        """Write the event's line, if it has one."""
        with self._lock:
            if self._gone or (isinstance(event, Work) and not self._due()):
                return
            line = line_of(event)
            if line is not None:
                self._write(line)

    def _due(self) -> bool:
        now = self._seconds()
        if self._last_work is not None and now - self._last_work < WORK_EVERY:
            return False
        self._last_work = now
        return True

    def _write(self, line: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        text = f"{datetime.now():%H:%M:%S} {line}\n".encode(encoding, "backslashreplace").decode(encoding)
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: the stream was closed
            self._gone = True


def line_of(event: Event) -> str | None:
    """The event as one line without a time; None for events that only a live view shows."""
    match event:
        case RunStarted():
            verb = "resumed" if event.resumed else "started"
            return one_line(f"run {event.name} {verb}: student {event.student}, teacher {event.teacher}")
        case Estimated():
            return plain_text(event.line)
        case NodeStarted():
            where = f"stage {event.stage} round {event.round}: " if event.stage else ""
            return one_line(f"{where}{words(event.node)} {', '.join(event.modules)}")
        case Work():
            of = f"/{event.total}" if event.total > 0 else ""
            return one_line(f"  {event.label} {event.done}{of} {event.unit} {event.detail}")
        case ModuleReading():
            return one_line(f"module {event.module}: {words(event.status)}{_reading(event)}")
        case DecisionMade():
            return one_line(f"decision {event.module or 'stage'}: {words(event.verdict)}: {event.reason}")
        case RunEnded():
            return one_line(f"run ended, {words(event.outcome)}: {event.line}")
        case _:
            return None


def _reading(event: ModuleReading) -> str:
    if event.rate is None:
        return ""
    ends = "" if event.low is None or event.high is None else f"{event.low:.2f}-{event.high:.2f}, "
    threshold = "" if event.threshold is None else f", threshold {event.threshold:.2f}"
    return f", {event.rate:.2f} ({ends}n {event.n}){threshold}"
