"""What a run tells whoever watches it: frozen events, and the one method a watcher has.

Events are for eyes only. Nothing is decided from them and they are not stored: the record of a run is its directory.
"""

from __future__ import annotations

from typing import Literal, Protocol

from tutelage.configs.schema import Limits, TeacherRole
from tutelage.graph.estimate import Cost
from tutelage.pedagogy.records import Record

ModuleStatus = Literal["unknown", "waiting", "learning", "mastered", "known", "stalled", "excluded", "held_back"]


class Spent(Record):
    """What the run has paid its teachers so far, earlier processes included.

    ``tokens`` are prompt and completion together; ``dollars`` is None where a price is not known.
    """

    calls: int = 0
    tokens: int = 0
    dollars: float | None = None


class RunStarted(Record):
    """The run begins, or goes on after a crash (``resumed``).

    Args:
        limits: What ends the run.
        expected: What its teachers were expected to cost; None where nobody estimated it, as for a fork.
        spent: What they have cost already.
    """

    name: str
    student: str
    teacher: str
    resumed: bool = False
    limits: Limits = Limits()
    expected: Cost | None = None
    spent: Spent = Spent()


class Estimated(Record):
    """One line of what the run is expected to cost, said before anything is spent."""

    line: str


class NodeStarted(Record):
    """A node of the graph begins; ``modules`` are the ids it works on, empty where that is all or none.

    ``stage`` and ``round`` are 0 before the first stage is planned.
    """

    node: str
    stage: int = 0
    round: int = 0
    modules: tuple[str, ...] = ()


class NodeEnded(Record):
    """A node of the graph is done; ``seconds`` is its wall time."""

    node: str
    seconds: float


class Work(Record):
    """How far a node is: ``done`` of ``total`` units.

    Args:
        label: What is being done, e.g. ``probing`` or ``training``. One bar is shown for the latest label.
        total: Units in all; 0 where it is not known yet.
        unit: A plural noun, e.g. ``questions`` or ``steps``; empty where there is nothing to count.
        rate: Units a second, or None where it was not measured.
        detail: A few words more, e.g. ``loss 0.12``.
    """

    label: str
    done: int
    total: int
    unit: str
    rate: float | None = None
    detail: str = ""


class ModuleReading(Record):
    """The latest that is known of a module.

    Args:
        rate: The student's share of right answers with its interval ``[low, high]`` over ``n`` items, each in
            [0, 1]; None (and ``n`` 0) where nothing was measured yet.
        threshold: The student's rate that counts as mastery, in [0, 1]; None where the teacher is not measured yet.
    """

    module: str
    status: ModuleStatus
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    threshold: float | None = None


class Answered(Record):
    """A teacher answered one question.

    Args:
        seconds: How long it took; what the reply took when it was paid for, where it is ``cached``.
        cached: It was taken from this run's replies or from those that runs share, and cost nothing now.
        so_far: What the run has spent with it.
    """

    role: TeacherRole
    module: str | None
    endpoint: str
    model: str
    seconds: float
    prompt_tokens: int
    completion_tokens: int
    cached: bool
    so_far: Spent


class DecisionMade(Record):
    """A decision of the run; ``module`` is None where it concerns the whole stage."""

    module: str | None
    verdict: str
    reason: str


class RunEnded(Record):
    """The run is over: ``outcome`` as in ``report.json``, ``line`` a sentence for a person."""

    outcome: str
    line: str


Event = RunStarted | Estimated | NodeStarted | NodeEnded | Work | ModuleReading | Answered | DecisionMade | RunEnded


class Progress(Protocol):
    """Whoever watches a run. ``emit`` returns at once, may be called from any thread, and never raises."""

    def emit(self, event: Event) -> None:
        """Take note of ``event``."""
