"""Following a run as it goes: a line for each step that starts or ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tutelage.graph.plain_text import visible
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.table import clock
from tutelage.tracing import names
from tutelage.tracing.reader import Follower, Line, as_span

INTERVAL_S = 0.3


def follow(ledgers: Ledgers, *, once: bool) -> Iterator[Line]:
    """The lines of the span file, those that are there and those that come, until the run ends.

    Args:
        ledgers: Of the run.
        once: Stop at what is there.
    """
    follower = Follower(ledgers.rundir.spans)
    while True:
        yield from follower.news()
        # Asked after reading: what was written while we read is there at the next turn.
        if once or not ledgers.is_live():
            yield from follower.news()
            return
        time.sleep(INTERVAL_S)


def tail_line(line: Line, *, everything: bool) -> str | None:
    """A line of the file for people; None for what is too small to be followed by eye."""
    span = as_span(line)
    small = span.name.startswith(names.TEACHER) or span.name == names.GRADE
    if small and not everything and not span.failed:
        return None
    if span.name.startswith(names.DECIDE):
        return None if span.end_ns is None else _line(span.end_ns, "decided", f"{_about(line)}{_decided(line)}")
    if span.end_ns is None:
        return _line(span.start_ns, "begins", f"{span.name}{_tail(line)}")
    took = f"{span.name}{_tail(line)}: {span.seconds or 0.0:.1f} s"
    return _line(span.end_ns, "failed" if span.failed else "ends", took + (f", {span.error}" if span.error else ""))


def _line(ns: int, event: str, text: str) -> str:
    return visible(f"{clock(ns)}  {event:<7}  {' '.join(text.split())}")


def _about(line: Line) -> str:
    module = line["attributes"].get(names.MODULE)
    return f"{module}: " if module else ""


def _tail(line: Line) -> str:
    module = line["attributes"].get(names.MODULE)
    return f", {module}" if module else ""


def _decided(line: Line) -> str:
    found: dict[str, Any] = line["attributes"]
    return f"{found.get(names.EVALUATION_LABEL, '')}, {found.get(names.EVALUATION_WHY, '')}"
