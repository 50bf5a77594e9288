"""Progress as plain timestamped lines, for pipes, logs and continuous integration."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from tutelage.graph.live_outlook import clock, outlook, spending
from tutelage.graph.live_state import LiveState, after
from tutelage.graph.live_stream import LineStream
from tutelage.graph.plain_text import one_line, plain_text
from tutelage.graph.progress import (
    Answered,
    DecisionMade,
    Estimated,
    Event,
    ModuleReading,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    Work,
)
from tutelage.graph.statuses import words

WORK_EVERY = 10.0
SILENT_FOR = 30.0


class LineProgress:
    """One line for each node, reading and decision, and one for work at most every ``WORK_EVERY`` seconds.

    While teachers answer and nothing else happens, what they cost so far is said every ``SILENT_FOR`` seconds.
    With ``verbose`` each piece of work has its line, and so has each answer of a teacher and each end of a node.
    """

    def __init__(self, stream: TextIO, seconds: Callable[[], float] = time.monotonic, *, verbose: bool = False) -> None:
        self._out = LineStream(stream)
        self._seconds = seconds
        self._verbose = verbose
        self._lock = threading.Lock()
        self._last_work: float | None = None
        self._last_line = seconds()
        self._told = 0
        self._state = LiveState(since=seconds())

    def emit(self, event: Event) -> None:
        """Write the event's line, if it has one."""
        with self._lock:
            now = self._seconds()
            self._state = after(self._state, event, now)
            line = self._line(event, now)
            if line is not None:
                self._last_line = now
                self._out.write(f"{datetime.now():%H:%M:%S} {line}")

    def _line(self, event: Event, now: float) -> str | None:
        match event:
            case Work():
                return line_of(event) + self._pace(now) if self._verbose or self._due(now) else None
            case NodeStarted():
                at = outlook(self._state, now)
                return line_of(event) + (f" ({at})" if at and event.node in ("tutor", "graduate") else "")
            case NodeEnded():
                return self._after_node(event)
            case Answered():
                if self._verbose:
                    return line_of(event)
                return self._so_far() if now - self._last_line >= SILENT_FOR else None
            case _:
                return line_of(event)

    def _due(self, now: float) -> bool:
        if self._last_work is not None and now - self._last_work < WORK_EVERY:
            return False
        self._last_work = now
        return True

    def _pace(self, now: float) -> str:
        task = self._state.task
        rate, left = (task.rate(now), task.seconds_left(now)) if task else (None, None)
        return ("" if rate is None else f", {rate:.3g}/s") + ("" if left is None else f", about {clock(left)} left")

    def _so_far(self) -> str:
        self._told = self._state.spent.calls
        return f"so far {spending(self._state)}"

    def _after_node(self, event: NodeEnded) -> str | None:
        """What was spent, where a node spent something."""
        told = self._so_far() if self._state.spent.calls > self._told else None
        return f"{line_of(event)}{'' if told is None else ', ' + told}" if self._verbose else told


def line_of(event: Event) -> str:
    """The event as one line without a time."""
    match event:
        case RunStarted():
            verb = "resumed" if event.resumed else "started"
            return one_line(f"run {event.name} {verb}: student {event.student}, teacher {event.teacher}")
        case Estimated():
            return plain_text(event.line)
        case NodeStarted():
            where = f"stage {event.stage} round {event.round}: " if event.stage else ""
            return one_line(f"{where}{words(event.node)} {', '.join(event.modules)}")
        case NodeEnded():
            return f"{words(event.node)} done in {clock(event.seconds)}"
        case Work():
            of = f"/{event.total}" if event.total > 0 else ""
            counted = f"{event.done}{of} {event.unit}" if event.unit else ""
            return one_line(f"{event.label} {counted} {event.detail}")
        case Answered():
            how = "read back" if event.cached else f"{event.seconds:.2f} s"
            tokens = f"{event.prompt_tokens:,} + {event.completion_tokens:,} tokens"
            return one_line(
                f"{' '.join(filter(None, (event.role, event.module)))}: {event.model} answered, {how}, {tokens}"
            )
        case ModuleReading():
            return one_line(f"module {event.module}: {words(event.status)}{_reading(event)}")
        case DecisionMade():
            return one_line(f"decision {event.module or 'stage'}: {words(event.verdict)}: {event.reason}")
        case RunEnded():
            return one_line(f"run ended, {words(event.outcome)}: {event.line}")


def _reading(event: ModuleReading) -> str:
    if event.rate is None:
        return ""
    ends = "" if event.low is None or event.high is None else f"{event.low:.2f}-{event.high:.2f}, "
    threshold = "" if event.threshold is None else f", threshold {event.threshold:.2f}"
    return f", {event.rate:.2f} ({ends}n {event.n}){threshold}"
