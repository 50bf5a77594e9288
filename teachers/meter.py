"""The meter: what the teachers' replies of a run cost, and the caps on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from tutelage.errors import BudgetSpent
from tutelage.pedagogy.records import Record
from tutelage.teachers.contracts import Reply, Request, TeacherRole
from tutelage.teachers.replies import ReplyStore
from tutelage.teachers.settings import Prices


class Caps(Record):
    """Limits on a whole run, resumed parts included; None is no limit."""

    calls: int | None = None
    tokens: int | None = None
    dollars: float | None = None
    seconds: float | None = None


class Totals(Record):
    """Sums over replies. ``calls`` counts answered questions once each; ``cached`` counts how often one was re-read.

    ``dollars`` is what is known: ``unpriced`` calls went to endpoints whose prices nobody said.
    """

    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    dollars: float = 0.0
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens


class Usage(Totals):
    """The sums for one role, module, endpoint and model."""

    role: TeacherRole
    module: str | None
    endpoint: str
    model: str


A_CHARACTER = 0.25
"""Tokens, until a server has counted some."""
Key = tuple[TeacherRole, str | None, str, str]
Sizes = tuple[int, float, float]
"""How many, their tokens or dollars together, and those of the largest."""
Sums = TypeVar("Sums", bound=Totals)


class Meter:
    """Counts every reply once, however often it is used, so that a resumed run adds up to the uninterrupted one."""

    def __init__(
        self,
        caps: Caps | None = None,
        prices: Mapping[str, Prices] | None = None,
        elapsed: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """A meter at zero.

        Args:
            caps: What ends the run.
            prices: By the endpoint's name; an endpoint that is not here has no known price.
            elapsed: Seconds of the run so far, for the cap on them.
        """
        self._caps = caps or Caps()
        self._prices = prices or {}
        self._elapsed = elapsed
        self._seen: set[str] = set()
        self._usage: dict[Key, Usage] = {}
        self._total = Totals()
        self._in_flight: Counter[TeacherRole] = Counter()
        self._prompts_in_flight = 0.0
        self._prompts: dict[TeacherRole, Sizes] = {}
        self._replies: dict[TeacherRole, Sizes] = {}
        self._bills: dict[TeacherRole, Sizes] = {}
        self._characters = 0
        self._overtime = False
        self._off = False
        self.spent: BudgetSpent | None = None
        """The first cap that ended a call; None while none did."""

    @classmethod
    def from_store(
        cls,
        store: ReplyStore,
        caps: Caps | None = None,
        prices: Mapping[str, Prices] | None = None,
        elapsed: Callable[[], float] = lambda: 0.0,
    ) -> Meter:
        """The meter of a run as its reply store tells it: what a resume starts from, and a report is made of."""
        meter = cls(caps, prices, elapsed)
        for stored in store:
            meter.count(stored.request, stored.reply)
        return meter

    @contextmanager
    def admitted(self, request: Request) -> Iterator[None]:
        """Hold this around a call that will be paid for.

        Raises:
            BudgetSpent: a cap is reached already, or would be passed by a call with this prompt and a reply of its
                role's usual size, or price. Calls in flight count, so the cap on calls is never passed; those on tokens
                and dollars can be, by as much as replies are longer and calls dearer than that role's were before (a
                role's first one by all of it).
        """
        role, prompt = request.role, request.characters * self._tokens_a_character
        met = self._met(role, prompt)
        if met is not None:
            self.spent = self.spent or met
            raise met
        self._in_flight[role] += 1
        self._prompts_in_flight += prompt
        try:
            yield
        finally:
            self._in_flight[role] -= 1
            self._prompts_in_flight -= prompt

    @property
    def is_capped(self) -> bool:
        """Whether calls, tokens or dollars have a cap."""
        caps = self._caps
        return any(cap is not None for cap in (caps.calls, caps.tokens, caps.dollars))

    def share(self, module: str | None = None) -> float:
        """How much of the caps on calls, tokens and dollars is spent: of the one that is nearest its end.

        Args:
            module: Count what was paid for it alone; None counts everything.
        """
        paid = [self._total] if module is None else [row for key, row in self._usage.items() if key[1] == module]
        spent = (
            (self._caps.calls, sum(one.calls for one in paid)),
            (self._caps.tokens, sum(one.tokens for one in paid)),
            (self._caps.dollars, sum(one.dollars for one in paid)),
        )
        return max((used / cap for cap, used in spent if cap is not None), default=0.0)

    @property
    def exhausted(self) -> bool:
        """Whether no further lessons can be paid for: a call of the Tutor's usual size would pass a cap."""
        return self._met("tutor", _usual(self._prompts, "tutor")) is not None

    @contextmanager
    def overtime(self, *, everything: bool = False) -> Iterator[None]:
        """Lift the cap on seconds for the block, or all caps: the last measurement of a run that a cap stopped."""
        self._overtime, self._off = True, everything
        try:
            yield
        finally:
            self._overtime = self._off = False

    def count(self, request: Request, reply: Reply) -> None:
        """Add a reply to the sums: its cost the first time it is seen, one more re-read if it came from the store."""
        key = (request.role, request.module, reply.endpoint, reply.model)
        usage = self._usage.get(key) or Usage(
            role=request.role, module=request.module, endpoint=reply.endpoint, model=reply.model
        )
        new = reply.paid and reply.call_id not in self._seen
        prices = self._prices.get(reply.endpoint)
        self._seen.add(reply.call_id)
        self._usage[key] = _added(usage, reply, new, prices)
        self._total = _added(self._total, reply, new, prices)
        if new:
            self._prompts[request.role] = _with(self._prompts.get(request.role), reply.prompt_tokens)
            self._replies[request.role] = _with(self._replies.get(request.role), reply.completion_tokens)
            self._bills[request.role] = _with(self._bills.get(request.role), _dollars(reply, prices))
            self._characters += request.characters

    @property
    def totals(self) -> Totals:
        """The sums over everything."""
        return self._total

    def rows(self) -> tuple[Usage, ...]:
        """The sums by role, module, endpoint and model, sorted by these."""
        return tuple(self._usage[key] for key in sorted(self._usage, key=lambda key: (key[0], key[1] or "", *key[2:])))

    @property
    def _tokens_a_character(self) -> float:
        """Of prompts so far, as their servers counted them."""
        return self._total.prompt_tokens / self._characters if self._characters else A_CHARACTER

    def _met(self, role: TeacherRole, prompt: float) -> BudgetSpent | None:
        """The cap that one more call of this role, its prompt of so many tokens, would meet; None where it fits."""
        if self._off:
            return None
        caps, total = self._caps, self._total
        calls = total.calls + self._in_flight.total()
        if caps.calls is not None and calls >= caps.calls:
            return _spent("teacher_calls", f"{caps.calls} teacher calls", f"{calls}")
        if caps.tokens is not None:
            expected = self._prompts_in_flight + prompt + self._expected(self._replies, role)
            if total.tokens >= caps.tokens or total.tokens + expected > caps.tokens:
                return _spent("teacher_tokens", f"{caps.tokens} teacher tokens", f"{total.tokens}")
        if caps.dollars is not None:
            expected = self._expected(self._bills, role)
            if total.dollars >= caps.dollars or total.dollars + expected > caps.dollars:
                return _spent("teacher_dollars", f"${caps.dollars:g} for teachers", f"${total.dollars:.4f}")
        if caps.seconds is not None and not self._overtime and self._elapsed() >= caps.seconds:
            return _spent("seconds", f"{caps.seconds:g} seconds", f"{self._elapsed():.0f}")
        return None

    def _expected(self, by_role: Mapping[TeacherRole, Sizes], role: TeacherRole) -> float:
        """Of the calls in flight and one more of this role, each of its role's usual size."""
        return sum(count * _usual(by_role, other) for other, count in self._in_flight.items()) + _usual(by_role, role)


def _with(sizes: Sizes | None, size: float) -> Sizes:
    calls, together, largest = sizes or (0, 0, 0)
    return calls + 1, together + size, max(largest, size)


def _usual(by_role: Mapping[TeacherRole, Sizes], role: TeacherRole) -> float:
    """Between the mean and the largest so far; 0 before the first.

    The mean alone is passed by a role whose calls are of two sizes, as drafts and their revisions are.
    """
    calls, together, largest = by_role.get(role, (0, 0, 0))
    return (together / calls + largest) / 2 if calls else 0.0


def _spent(limit: str, budget: str, used: str) -> BudgetSpent:
    return BudgetSpent(f"the budget of {budget} is spent ({used} used)", do=f"raise limits.{limit} and resume the run")


def _dollars(reply: Reply, prices: Prices | None) -> float:
    return 0.0 if prices is None else prices.dollars(reply.prompt_tokens, reply.completion_tokens)


def _added(total: Sums, reply: Reply, new: bool, prices: Prices | None) -> Sums:
    return total.model_copy(
        update={
            "calls": total.calls + new,
            "cached": total.cached + reply.cached,
            "prompt_tokens": total.prompt_tokens + new * reply.prompt_tokens,
            "completion_tokens": total.completion_tokens + new * reply.completion_tokens,
            "seconds": total.seconds + new * reply.seconds,
            "dollars": total.dollars + new * _dollars(reply, prices),
            "unpriced": total.unpriced + (new and prices is None),
        }
    )
