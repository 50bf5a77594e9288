"""One run as the server sees it: read again when its files have grown, but never so often that the run feels it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tutelage.graph.report_page import render_sections
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Step, find_step, number_steps
from tutelage.graph.ui import facts
from tutelage.graph.ui.pace import Pace
from tutelage.tracing.reader import Follower, Span, as_span


class Watch:
    """A run's facts, kept up to date. Safe to be asked from several threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ledgers = Ledgers(root)
        self._steps: Sequence[Step] = ()
        self._lock, self._report_lock = threading.RLock(), threading.Lock()
        self._pace, self._report_pace = Pace(), Pace()
        self._follower = Follower(self._ledgers.rundir.spans)
        self._spans: dict[str, Span] = {}
        self._rows: list[list[Any]] = []
        self._changed: list[int] = []
        self._version = 0
        self._seen: object = None
        self._report: tuple[int, str] | None = None
        self.now()

    def news(self, since: int) -> dict[str, Any]:
        """The run and the steps that changed after version ``since``; 0 asks for all of them."""
        with self._lock:
            ledgers, steps = self.now()
            fresh = since if since <= self._version else 0
            rows = [row for row, at in zip(self._rows, self._changed, strict=True) if at > fresh]
            return {"version": self._version, "run": facts.head(ledgers, steps), "steps": rows}

    def step(self, name: str) -> dict[str, Any]:
        """A step in full, by number, span id or call id."""
        with self._lock:
            ledgers, steps = self.now()
            found = find_step(steps, name)
            return {"number": found.number, **facts.step_facts(found, ledgers)}

    def candidates(self) -> list[list[Any]]:
        """All candidates so far."""
        with self._lock:
            return facts.candidate_table(*self.now())

    def candidate(self, name: str) -> dict[str, Any]:
        """One candidate in full."""
        with self._lock:
            return facts.candidate_facts(name, self.now()[0])

    def module(self, module: str) -> dict[str, Any]:
        """The story of a module."""
        with self._lock:
            return facts.module_facts(module, *self.now())

    def report(self) -> dict[str, Any]:
        """The report's sections as HTML, as the run stands now or stood a moment ago."""
        from tutelage.graph.ui.live_report import live_report

        self.now()
        with self._report_lock:
            version = self._version
            if self._report is None or (self._report[0] != version and not self._report_pace.is_resting):
                with self._report_pace.work():
                    self._report = (version, render_sections(live_report(self.root)))
            return {"version": self._report[0], "html": self._report[1]}

    def now(self) -> tuple[Ledgers, Sequence[Step]]:
        """The ledgers and steps, read anew if there is something new and it is time."""
        with self._lock:
            if not self._pace.is_resting and (seen := self._sign()) != self._seen:
                self._seen = seen
                with self._pace.work():
                    self._read()
            return self._ledgers, self._steps

    def _sign(self) -> object:
        """What changes when anything of the run does: a node's last span line comes after all that it wrote."""
        report = self.root / "report.json"
        spans = self._ledgers.rundir.spans
        return (
            spans.stat().st_size if spans.exists() else 0,
            report.stat().st_mtime_ns if report.exists() else 0,
            any(step.span.end_ns is None for step in self._steps) and self._ledgers.is_live(),
        )

    def _read(self) -> None:
        self._ledgers = self._ledgers.anew()
        for line in self._follower.news():
            self._spans[line["span_id"]] = as_span(line)
        live = any(span.end_ns is None for span in self._spans.values()) and self._ledgers.is_live()
        own = str(self._ledgers.manifest.get("trace_id"))
        self._steps = number_steps(list(self._spans.values()), live=live, own=own)
        rows = facts.step_table(self._steps, self._ledgers)
        self._version += 1
        old = self._rows
        self._changed = [
            self._changed[n] if n < len(old) and old[n] == row else self._version for n, row in enumerate(rows)
        ]
        self._rows = rows
