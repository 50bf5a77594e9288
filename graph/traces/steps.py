"""A run's spans as numbered steps: what each was about, what it cost, and which to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from tutelage.errors import InputError
from tutelage.graph.rundir import NODES
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.teachers.contracts import TeacherRole
from tutelage.tracing import names
from tutelage.tracing.reader import Span, ancestors, open_ends, read_spans

LONGEST_NUMBER = 7


@dataclass(frozen=True)
class Cost:
    """Teacher calls of a step and of all within it. A question counts once, however often its answer was read."""

    calls: int = 0
    cached: int = 0
    retries: int = 0
    tokens: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.calls + other.calls,
            self.cached + other.cached,
            self.retries + other.retries,
            self.tokens + other.tokens,
        )


@dataclass(frozen=True)
class Step:
    """A span of the run.

    Attributes:
        number: Counted in the order of starts, from 1; the same for ever.
        depth: 0 for the run itself.
        node: The node it is, or is within.
        died: It is open, and the process that would end it is gone.
        entry: 2 where its node is entered for the second time, after a crash.
        leaf: Nothing is within it.
        shared: It is of the run that this one was forked from.
    """

    number: int
    depth: int
    span: Span
    node: str | None
    module: str | None
    round: int | None
    cost: Cost
    died: bool
    entry: int
    leaf: bool
    shared: bool

    @property
    def role(self) -> str | None:
        """The role of a teacher call."""
        found = self.span.attributes.get(names.ROLE)
        return None if found is None else str(found)

    @property
    def call_id(self) -> str | None:
        """The call id of a teacher call."""
        found = self.span.attributes.get(names.CALL_ID)
        return None if found is None else str(found)

    @property
    def is_node(self) -> bool:
        """Whether it is a node of the graph."""
        return self.span.name.startswith(names.NODE)

    @property
    def is_decision(self) -> bool:
        """Whether it is a decision of a node."""
        return self.span.name.startswith(names.DECIDE)

    @property
    def failed(self) -> bool:
        """Failed, died, was cut off by the token limit, or had to be asked again."""
        attributes = self.span.attributes
        return bool(
            self.span.failed
            or self.died
            or "length" in attributes.get(names.FINISH_REASONS, ())
            or attributes.get(names.REPAIR)
            or (self.leaf and self.cost.retries)
        )


@dataclass(frozen=True)
class Filter:
    """Which steps to show. ``role`` is a teacher's; ``slow`` puts the slowest first and leaves out what only waits."""

    node: str | None = None
    module: str | None = None
    role: str | None = None
    failed: bool = False
    slow: bool = False
    why: bool = False

    @property
    def is_on(self) -> bool:
        """Whether anything is filtered."""
        return self != Filter()

    def check(self, ledgers: Ledgers) -> None:
        """See that a run like this one can have what the filter names.

        Raises:
            InputError: it cannot: a slip of the pen must not look like a run without such steps.
        """
        known = {"node": (*NODES, "approve"), "module": ledgers.modules, "role": get_args(TeacherRole)}
        for kind, there in known.items():
            said = getattr(self, kind)
            if said is not None and said not in there:
                raise InputError(f"no {kind} '{said}'", where=f"--{kind}", do=f"it has {', '.join(there)}")

    def of(self, steps: Iterable[Step]) -> list[Step]:
        """The steps that pass."""
        found = [step for step in steps if self._passes(step)]
        return sorted(found, key=lambda step: -(step.span.seconds or 0.0)) if self.slow else found

    def _passes(self, step: Step) -> bool:
        return (
            (self.node is None or step.node == self.node)
            and (self.module is None or step.module == self.module)
            and (self.role is None or step.role == self.role)
            and (not self.failed or step.failed)
            and (not self.slow or step.leaf or step.span.name == names.PROBE_STUDENT)
            and (not self.why or step.is_decision)
        )


def read_steps(ledgers: Ledgers) -> list[Step]:
    """The steps of a run as far as it has come, in order."""
    spans = read_spans(ledgers.rundir.spans)
    is_open = any(span.end_ns is None for span in spans)
    own = str(ledgers.manifest.get("trace_id"))
    return number_steps(spans, live=is_open and ledgers.is_live(), own=own)


def number_steps(spans: Sequence[Span], *, live: bool, own: str) -> list[Step]:
    """Spans as steps.

    Args:
        spans: In the order of their starts.
        live: The last process that wrote them is still there.
        own: The run's trace id; what is of another one is the shared past of a fork.
    """
    by_id = {span.id: span for span in spans}
    costs = _costs(spans, by_id)
    parents = {span.parent for span in spans}
    lost = _lost([span for span in spans if span.trace == own], live=live)
    entered: Counter[str] = Counter()
    steps = []
    for number, span in enumerate(spans, 1):
        above = list(ancestors(span, by_id))
        task = span.attributes.get(names.TASK_ID)
        entered.update([task] if task else [])
        steps.append(
            Step(
                number=number,
                depth=sum(1 for one in above if one.name != names.RUN) + (span.name != names.RUN),
                span=span,
                node=next((o.name.removeprefix(names.NODE) for o in (span, *above) if _is_node(o)), None),
                module=_nearest(names.MODULE, span, above),
                round=_nearest(names.ROUND, span, above),
                cost=costs.get(span.id, Cost()),
                died=span.id in lost,
                entry=entered[task] if task else 1,
                leaf=span.id not in parents,
                shared=span.trace != own,
            )
        )
    return steps


def find_step(steps: Sequence[Step], name: str) -> Step:
    """The step of that number, span id or call id; of an id its beginning is enough.

    Raises:
        InputError: there is none, or the beginning fits several calls.
    """
    if name.isdecimal() and len(name) <= LONGEST_NUMBER:
        if 1 <= int(name) <= len(steps):
            return steps[int(name) - 1]
        raise InputError(f"there is no step {name}, only 1 to {len(steps)}", where="STEP")
    found = [s for s in steps if s.span.id.startswith(name) or (s.call_id or "").startswith(name)]
    if not found:
        raise InputError(f"no step, span or call begins with '{name}'", where="STEP", do="see 'tutelage trace ls DIR'")
    if len({s.call_id or s.span.id for s in found}) > 1:
        raise InputError(f"'{name}' is the beginning of {len(found)} steps", where="STEP", do="give more of it")
    return next((s for s in found if not s.span.attributes.get(names.CACHED)), found[0])


def within(steps: Sequence[Step], outer: Step) -> list[Step]:
    """All steps inside a step, in order."""
    inside = {outer.span.id}
    found = []
    for step in steps:
        if step.span.parent in inside:
            inside.add(step.span.id)
            found.append(step)
    return found


def _is_node(span: Span) -> bool:
    return span.name.startswith(names.NODE)


def _nearest(attribute: str, span: Span, above: Sequence[Span]) -> Any:
    return next((one.attributes[attribute] for one in (span, *above) if attribute in one.attributes), None)


def _costs(spans: Sequence[Span], by_id: Mapping[str, Span]) -> dict[str, Cost]:
    costs: dict[str, Cost] = {}
    paid: set[str] = set()
    for span in spans:
        if not span.name.startswith(names.TEACHER):
            continue
        cost = _cost(span, paid)
        for one in (span, *ancestors(span, by_id)):
            costs[one.id] = costs.get(one.id, Cost()) + cost
    return costs


def _cost(span: Span, paid: set[str]) -> Cost:
    """The cost of one call. What was cut off while its answer was being kept shows up as read again: it is paid too."""
    found = span.attributes
    tries = found.get(names.RETRIES, 0)
    if names.CACHED not in found:
        return Cost(retries=tries)
    new = found[names.CALL_ID] not in paid
    paid.add(found[names.CALL_ID])
    tokens = found.get(names.INPUT_TOKENS, 0) + found.get(names.OUTPUT_TOKENS, 0)
    return Cost(calls=int(new), cached=int(found[names.CACHED]), retries=tries, tokens=tokens if new else 0)


def _lost(spans: Sequence[Span], *, live: bool) -> set[str]:
    """Ids of open spans that nobody will end: of earlier processes, and of the last one if it is gone."""
    last = max((n for n, span in enumerate(spans) if span.name == names.RUN), default=0)
    gone = [span for n, span in enumerate(spans) if span.end_ns is None and (n < last or not live)]
    return {span.id for span in gone}


def innermost(steps: Sequence[Step]) -> set[str]:
    """Ids of the open spans that hold no other open one: where the run is, or died."""
    return {span.id for span in open_ends([step.span for step in steps])}
