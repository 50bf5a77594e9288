"""Watching a run: a live view on a terminal, plain lines everywhere else; lines of JSON, or nothing, if asked for."""

from __future__ import annotations

import os
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from tutelage.graph.live_json import JsonProgress
from tutelage.graph.live_lines import LineProgress
from tutelage.graph.live_screen import screen
from tutelage.graph.live_state import LiveState, after
from tutelage.graph.plain_text import plain_text
from tutelage.graph.progress import Estimated, Event, Progress
from tutelage.graph.progress_mode import ProgressMode

REFRESHES_PER_SECOND = 4


@contextmanager
def open_progress(stream: TextIO, mode: ProgressMode = "auto") -> Iterator[Progress]:
    """Watch a run on ``stream`` for as long as the context is open.

    By itself (``auto``) a terminal gets the live view, which stays on the screen in its last state. A pipe, a file, a
    dumb terminal, one that cannot show UTF-8, ``CI`` and ``NO_COLOR`` get plain timestamped lines without a control
    code.
    """
    if mode == "auto" and is_lively(stream):
        with _live(stream) as progress:
            yield progress
    elif mode == "json":
        yield JsonProgress(stream)
    elif mode == "quiet":
        yield Unwatched()
    else:
        yield LineProgress(stream, verbose=mode == "verbose")


@contextmanager
def _live(stream: TextIO) -> Iterator[Progress]:
    console = Console(file=stream)
    progress = LiveProgress(console)
    with Live(
        console=console, get_renderable=progress.view, refresh_per_second=REFRESHES_PER_SECOND, vertical_overflow="crop"
    ):
        yield progress


def is_lively(stream: TextIO) -> bool:
    """Whether a stream is a terminal that a live view can be drawn on."""
    plain = os.environ.get("CI") or os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") in ("dumb", "unknown")
    return stream.isatty() and not plain and "utf" in (stream.encoding or "").lower()


def _hanging(line: str, width: int) -> Text:
    """A line for a terminal; what does not fit goes on below, indented further than the line began."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    wrapped = textwrap.wrap(line, max(width, 20), subsequent_indent=indent, break_on_hyphens=False)
    return Text("\n".join(wrapped), style="dim")


class Unwatched:
    """Nobody watches."""

    def emit(self, event: Event) -> None:
        """Say nothing of it."""


class LiveProgress:
    """Takes events from any thread; ``view`` draws what is known, whenever the screen asks."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._state = LiveState(since=time.monotonic())

    def emit(self, event: Event) -> None:
        """Take note of the event; the next refresh shows it."""
        if isinstance(event, Estimated):
            for line in plain_text(event.line).split("\n"):
                self._console.print(_hanging(line, self._console.width))
            return
        with self._lock:
            self._state = after(self._state, event, time.monotonic())

    def view(self) -> RenderableType:
        """The view as of now, for the console's present size."""
        width, height = self._console.size
        return screen(self._state, time.monotonic(), width, height)
