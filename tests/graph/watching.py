"""Events to watch, a clock that is told the time, and the live view as the lines of a screen."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from tutelage.graph.live_screen import screen
from tutelage.graph.live_state import LiveState, after
from tutelage.graph.progress import Answered, Event, ModuleReading, RunStarted, Spent

STARTED = RunStarted(name="quickstart", student="SmolLM2", teacher="offline-teacher")


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def reading(module: str = "number/add", **changes: Any) -> ModuleReading:
    facts = {"status": "learning", "rate": 0.68, "low": 0.51, "high": 0.82, "n": 40, "threshold": 0.9, **changes}
    return ModuleReading(module=module, **facts)


def answered(calls: int, tokens: int, **changes: Any) -> Answered:
    facts: dict[str, Any] = {
        "role": "tutor", "module": "number/add", "endpoint": "e", "model": "m", "seconds": 1.5, "prompt_tokens": 300,
        "completion_tokens": 200, "cached": False, "so_far": Spent(calls=calls, tokens=tokens), **changes,
    }  # fmt: skip
    return Answered(**facts)


def drawn(*events: tuple[float, Event], now: float, width: int = 80, height: int = 24) -> list[str]:
    state = LiveState(since=0.0)
    for moment, event in events:
        state = after(state, event, moment)
    out = io.StringIO()
    Console(file=out, width=width, height=height, force_terminal=False).print(screen(state, now, width, height))
    return out.getvalue().splitlines()
