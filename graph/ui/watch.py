"""One run as the server sees it: read again when its files have grown, and never so often that the run would feel it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Step, find_step, number_steps
from tutelage.graph.ui import facts
from tutelage.tracing.reader import Follower, Span, as_span

REST = 15
"""Between two readings the server rests so many times as long as a reading took."""


class Watch:
    """A run's facts, kept up to date. Safe to be asked from several threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledgers = Ledgers(root)
        self.steps: Sequence[Step] = ()
        self._lock = threading.RLock()
        self._follower = Follower(self.ledgers.rundir.spans)
        self._spans: dict[str, Span] = {}
        self._rows: list[list[Any]] = []
        self._changed: list[int] = []
        self._version = 0
        self._seen: object = None
        self._rest_until = 0.0

    def news(self, since: int) -> dict[str, Any]:
        """The run and the steps that changed after version ``since``; 0 asks for all of them."""
        with self._lock:
            self.look()
            fresh = since if since <= self._version else 0
            rows = [row for row, at in zip(self._rows, self._changed, strict=True) if at > fresh]
            return {"version": self._version, "run": facts.head(self.ledgers, self.steps), "steps": rows}

    def step(self, name: str) -> dict[str, Any]:
        """A step in full, by number, span id or call id."""
        with self._lock:
            found = find_step(self.steps, name)
            return {"number": found.number, **facts.step_facts(found, self.ledgers)}

    def candidates(self) -> list[list[Any]]:
        """All candidates so far."""
        with self._lock:
            return facts.candidate_table(self.ledgers, self.steps)

    def candidate(self, name: str) -> dict[str, Any]:
        """One candidate in full."""
        with self._lock:
            return facts.candidate_facts(name, self.ledgers)

    def module(self, module: str) -> dict[str, Any]:
        """The story of a module."""
        with self._lock:
            return facts.module_facts(module, self.ledgers, self.steps)

    def now(self) -> tuple[Ledgers, Sequence[Step]]:
        """The ledgers and steps as they were last read."""
        with self._lock:
            self.look()
            return self.ledgers, self.steps

    def look(self) -> None:
        """Read what is new, unless it was read a moment ago."""
        with self._lock:
            began = time.monotonic()
            if began < self._rest_until or (seen := self._sign()) == self._seen:
                return
            self._seen = seen
            self._read()
            self._rest_until = time.monotonic() + REST * (time.monotonic() - began)

    def _sign(self) -> object:
        """What changes when anything of the run does: a node's last span line comes after all that it wrote."""
        report = self.ledgers.root / "report.json"
        spans = self.ledgers.rundir.spans
        return (
            spans.stat().st_size if spans.exists() else 0,
            report.stat().st_mtime_ns if report.exists() else 0,
            any(step.span.end_ns is None for step in self.steps) and self.ledgers.is_live(),
        )

    def _read(self) -> None:
        self.ledgers = self.ledgers.anew()
        for line in self._follower.news():
            self._spans[line["span_id"]] = as_span(line)
        live = any(span.end_ns is None for span in self._spans.values()) and self.ledgers.is_live()
        own = str(self.ledgers.manifest.get("trace_id"))
        self.steps = number_steps(list(self._spans.values()), live=live, own=own)
        rows = facts.step_table(self.steps, self.ledgers)
        self._version += 1
        old = self._rows
        self._changed = [
            self._changed[n] if n < len(old) and old[n] == row else self._version for n, row in enumerate(rows)
        ]
        self._rows = rows
