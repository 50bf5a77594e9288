"""How much so far and in all, and when it will end: what a watcher may be told of the whole run. Pure."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tutelage.configs.schema import Limits
from tutelage.graph.estimate import Cost
from tutelage.graph.live_state import LiveState
from tutelage.graph.page.formats import dollars


def clock(seconds: float) -> str:
    """Seconds as ``3:07`` or ``1:03:07``."""
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def spending(state: LiveState) -> str:
    """What the teachers have cost, beside what was expected and what is allowed."""
    spent, run = state.spent, state.run
    expected, limits = (run.expected, run.limits) if run else (None, Limits())
    calls, tokens, money = _amounts(expected)
    parts = [
        _of(spent.calls, calls, limits.teacher_calls, _whole) + " teacher calls",
        _of(spent.tokens, tokens, limits.teacher_tokens, _whole) + " tokens",
    ]
    if spent.dollars:
        parts.append(_of(spent.dollars, money, limits.teacher_dollars, dollars))
    return " · ".join(parts)


def outlook(state: LiveState, now: float) -> str:
    """Which round of how many this is, and how long the rounds take yet if all are needed.

    A round is taken to last as long as the mean of those that we saw from beginning to end (a resumed run's first is
    none): before there is one, no time is said. The last test on held-out items comes after it.
    """
    if state.run is None or state.node is None or not state.node.round or state.ended is not None:
        return ""
    most, at = state.run.limits.rounds, state.node.round
    line = f"round {at} of at most {most}"
    began = sorted(state.rounds.values())[int(state.run.resumed) :]
    whole = [later - earlier for earlier, later in pairwise(began)]
    if whole and state.node.node != "graduate":
        mean = sum(whole) / len(whole)
        left = max(mean - (now - state.rounds[at]), 0.0) + mean * (most - at)
        line += f" · about {clock(left)} left at most, then the held-out test"
    return line


def _amounts(cost: Cost | None) -> tuple[int | None, int | None, float | None]:
    return (
        (None, None, None) if cost is None else (cost.calls, cost.prompt_tokens + cost.completion_tokens, cost.dollars)
    )


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def _of(so_far: float, expected: float | None, most: float | None, show: Callable[[float], str]) -> str:
    """``12 of about 40 (at most 60)``."""
    of = f" of about {show(expected)}" if expected else ""
    return show(so_far) + of + (f" (at most {show(most)})" if most else "")
