"""What the live view knows: a pure fold of the events, so that drawing never has to remember anything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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
    Spent,
    Work,
)

_KEPT = 8
_ENOUGH_SECONDS, _ENOUGH_SHARE = 3.0, 0.02


@dataclass(frozen=True)
class Task:
    """The work at hand, with the first reading of it that we saw: what was done before is not our speed.

    Attributes:
        at: When the last reading came: work that is done does not slow down by being looked at.
    """

    work: Work
    first_done: int
    since: float
    at: float

    def rate(self, now: float) -> float | None:
        """Units a second, or None while too little is done to say."""
        finished = 0 < self.work.total <= self.work.done
        done, spent = self.work.done - self.first_done, (self.at if finished else now) - self.since
        if self.work.rate is not None and self.work.rate > 0:
            return self.work.rate
        if done < _ENOUGH_SHARE * self.work.total or done <= 0 or spent < _ENOUGH_SECONDS:
            return None
        return done / spent

    def seconds_left(self, now: float) -> float | None:
        """An estimate, or None while too little is done to say."""
        rate, left = self.rate(now), self.work.total - self.work.done
        return left / rate if rate is not None and left > 0 else None


@dataclass(frozen=True)
class LiveState:
    """All that is shown. Times are seconds of one monotonic clock.

    Attributes:
        rounds: When each round that we saw begin began; the first may have been under way already.
    """

    since: float
    run: RunStarted | None = None
    node: NodeStarted | None = None
    node_since: float = 0.0
    branches: int = 0
    task: Task | None = None
    modules: dict[str, ModuleReading] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)
    rounds: dict[int, float] = field(default_factory=dict)
    decisions: tuple[DecisionMade, ...] = ()
    ended: RunEnded | None = None


def after(state: LiveState, event: Event, now: float) -> LiveState:
    """The state once ``event`` happened at ``now``."""
    match event:
        case RunStarted():
            return replace(state, run=event, spent=event.spent)
        case NodeStarted():
            return _started(state, event, now)
        case NodeEnded():
            branches = max(state.branches - 1, 0)
            return replace(state, branches=branches, task=state.task if branches else None)
        case Work():
            return replace(state, task=_task(state.task, event, now))
        case ModuleReading():
            return replace(state, modules={**state.modules, event.module: event})
        case Answered():
            return replace(state, spent=event.so_far)
        case DecisionMade():
            return replace(state, decisions=(*state.decisions, event)[-_KEPT:])
        case Estimated():
            return state  # printed once, above the view
        case RunEnded():
            return replace(state, ended=event, task=None)


def _started(state: LiveState, event: NodeStarted, now: float) -> LiveState:
    """A node may run in several branches at once: they are shown as one, with all their modules."""
    known = state.node
    if event.round and event.round not in state.rounds:
        state = replace(state, rounds={**state.rounds, event.round: now})
    if known is None or state.branches == 0 or (known.node, known.round) != (event.node, event.round):
        return replace(state, node=event, node_since=now, branches=1, task=None)
    modules = (*known.modules, *(module for module in event.modules if module not in known.modules))
    return replace(state, node=known.model_copy(update={"modules": modules}), branches=state.branches + 1)


def _task(task: Task | None, work: Work, now: float) -> Task:
    same = task is not None and task.work.label == work.label and work.done >= task.work.done
    return replace(task, work=work, at=now) if task is not None and same else Task(work, work.done, now, now)
