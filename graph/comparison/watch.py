"""Watching a comparison: a row a run on a terminal, a line a step elsewhere, lines of JSON, or nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tutelage.graph.comparison.conduct import Event, Watcher
from tutelage.graph.comparison.plan import Job
from tutelage.graph.live import REFRESHES_PER_SECOND, is_lively
from tutelage.graph.live_json import JsonProgress
from tutelage.graph.live_outlook import clock
from tutelage.graph.live_stream import LineStream
from tutelage.graph.plain_text import one_line
from tutelage.graph.progress_mode import ProgressMode
from tutelage.graph.statuses import words

_OTHER_LINES = 4


@dataclass(frozen=True)
class Row:
    """What is shown of a run."""

    name: str
    state: str = "waiting"
    at: str = ""
    work: str = ""
    since: float | None = None
    ended: float | None = None


class JsonWatcher:
    """Every event of every run as a line of JSON, with the run's name; for programs."""

    def __init__(self, stream: TextIO) -> None:
        self._out = JsonProgress(stream)

    def begins(self, job: Job, how: str) -> None:
        """A run starts, goes on or is adopted."""
        self._out.say("run_begins", {"run": job.name, "how": how})

    def told(self, job: Job, event: Event) -> None:
        """Pass it on."""
        fields = {key: value for key, value in event.items() if key not in ("time", "event")}
        self._out.say(str(event.get("event")), {"run": job.name, **fields})

    def ends(self, job: Job, error: str | None) -> None:
        """A run ended."""
        self._out.say("run_done" if error is None else "run_failed", {"run": job.name, "error": error})


class LineWatcher:
    """A line for each run that begins or ends and for each node that it enters; with ``verbose`` for work, too."""

    def __init__(self, stream: TextIO, *, verbose: bool) -> None:
        self._out = LineStream(stream)
        self._verbose = verbose

    def begins(self, job: Job, how: str) -> None:
        """A run starts, goes on or is adopted."""
        self._say(job, how)

    def told(self, job: Job, event: Event) -> None:
        """Say where the run is."""
        if event.get("event") == "node_started":
            self._say(job, node_of(event))
        elif event.get("event") == "work" and self._verbose:
            self._say(job, work_of(event))

    def ends(self, job: Job, error: str | None) -> None:
        """A run ended."""
        self._say(job, "done" if error is None else f"failed: {error}")

    def _say(self, job: Job, what: str) -> None:
        self._out.write(f"{datetime.now():%H:%M:%S} {one_line(f'{job.name}: {what}')}")


class Silent:
    """Nobody watches."""

    def begins(self, job: Job, how: str) -> None:
        """Say nothing."""

    def told(self, job: Job, event: Event) -> None:
        """Say nothing."""

    def ends(self, job: Job, error: str | None) -> None:
        """Say nothing."""


class LiveWatcher:
    """Keeps a row for each run; ``view`` draws them, whenever the screen asks."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._rows = {name: Row(name) for name in names}
        self._since = time.monotonic()

    def begins(self, job: Job, how: str) -> None:
        """A run starts, goes on or is adopted."""
        self._change(job, state=how, since=time.monotonic())

    def told(self, job: Job, event: Event) -> None:
        """Note where the run is."""
        if event.get("event") == "node_started":
            self._change(job, state="running", at=node_of(event), work="")
        elif event.get("event") == "work":
            self._change(job, work=work_of(event))

    def ends(self, job: Job, error: str | None) -> None:
        """A run ended."""
        state = "done" if error is None else "failed"
        self._change(job, state=state, at=error or "", work="", ended=time.monotonic())

    def _change(self, job: Job, **what: Any) -> None:
        with self._lock:
            self._rows[job.name] = replace(self._rows[job.name], **what)

    def view(self) -> RenderableType:
        """The runs as of now: those under way or failed first, if not all have room."""
        with self._lock:
            rows = list(self._rows.values())
        now = time.monotonic()
        done = sum(row.state in ("done", "adopted") for row in rows)
        head = Text.assemble(("Tutelage", "bold"), f" · {done} of {len(rows)} runs done · {clock(now - self._since)}")
        room = max(self._console.size.height - _OTHER_LINES, 3)
        urgent = sorted(rows, key=lambda row: (row.state not in ("running", "started", "resumed"), row.state == "done"))
        shown = rows if len(rows) <= room else [row for row in rows if row in urgent[:room]]
        table = Table.grid(padding=(0, 2))
        for _ in range(4):
            table.add_column(no_wrap=True)
        for row in shown:
            table.add_row(*(Text(cell, style=_STYLES.get(row.state, "dim")) for cell in _cells(row, now)))
        return Group(head, Text(), table)


_STYLES = {"running": "", "started": "", "resumed": "", "failed": "red", "done": "blue", "adopted": "blue"}


def _cells(row: Row, now: float) -> tuple[str, ...]:
    spent = "" if row.since is None else clock((now if row.ended is None else row.ended) - row.since)
    return one_line(row.name), row.state, spent, one_line(" ".join(filter(None, (row.at, row.work))), 90)


def node_of(event: Mapping[str, Any]) -> str:
    """Where a run is, by the event of a node that it enters."""
    where = f"stage {event['stage']} round {event['round']}: " if event.get("stage") else ""
    return f"{where}{words(str(event.get('node')))} {', '.join(event.get('modules') or ())}".strip()


def work_of(event: Mapping[str, Any]) -> str:
    """How far its work is."""
    of = f"/{event['total']}" if event.get("total") else ""
    return f"{event.get('label')} {event.get('done')}{of} {event.get('unit')}"


@contextmanager
def open_watcher(mode: ProgressMode, jobs: Sequence[str], stream: TextIO = sys.stdout) -> Iterator[Watcher]:
    """Watch a comparison for as long as the context is open; the modes are those of a run."""
    if mode == "auto" and is_lively(stream):
        console = Console(file=stream)
        watcher = LiveWatcher(console, jobs)
        with Live(console=console, get_renderable=watcher.view, refresh_per_second=REFRESHES_PER_SECOND,
                  vertical_overflow="crop"):  # fmt: skip
            yield watcher
    elif mode == "json":
        yield JsonWatcher(stream)
    elif mode == "quiet":
        yield Silent()
    else:
        yield LineWatcher(stream, verbose=mode == "verbose")
