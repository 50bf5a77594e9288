"""How many requests an endpoint takes at once, and until when it takes none. Pure: no clock, no network.

Additive increase, multiplicative decrease, as TCP does it: the limit grows by about one for every window's worth of
replies and is halved when the endpoint says that it is overloaded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from tutelage.teachers.retry import Failure, delay_s


@dataclass(frozen=True, slots=True)
class Window:
    """What is known of an endpoint's capacity. Every event makes a new one.

    Attributes:
        most: The endpoint's ``max_concurrency``; the limit starts here and never passes it.
        limit: Requests allowed in flight, between 1 and ``most``; rounded down where it counts.
        cut_at: When the limit was last halved.
        cuts: Halvings in a row, with no reply between them.
        paused_until: Nothing is sent before.
    """

    most: int
    limit: float
    cut_at: float = -math.inf
    cuts: int = 0
    paused_until: float = -math.inf

    @classmethod
    def of(cls, most: int) -> Window:
        """The window of an endpoint that nothing is known of yet."""
        return cls(most, float(most))

    def admits(self, in_flight: int, now: float) -> bool:
        """Whether one more request may be sent now."""
        return in_flight < int(self.limit) and not self.is_paused(now)

    def is_paused(self, now: float) -> bool:
        """Whether the endpoint asked for quiet."""
        return now < self.paused_until

    def replied(self) -> Window:
        """After a reply."""
        if self.cuts == 0 and self.limit >= self.most:
            return self
        return replace(self, limit=min(self.most, self.limit + 1 / self.limit), cuts=0)

    def overloaded(self, failure: Failure, sent_at: float, now: float, jitter: float) -> Window:
        """After a request that was sent at ``sent_at`` met an overloaded endpoint.

        Requests that were in flight when the limit was cut come back overloaded too; they tell nothing new, so they
        do not cut it again.

        Args:
            failure: What the endpoint said. Where it throttles or names a time, everybody pauses.
            sent_at: When the request was sent.
            now: When it came back.
            jitter: In [0, 1); spreads the clients of one server out.
        """
        is_news = sent_at > self.cut_at
        window = replace(self, limit=max(1.0, self.limit / 2), cut_at=now, cuts=self.cuts + 1) if is_news else self
        if failure.retry_after_s is None and not (failure.is_throttle and is_news):
            return window
        pause = now + delay_s(failure, self.cuts, jitter)
        return replace(window, paused_until=max(window.paused_until, pause))


@dataclass(frozen=True, slots=True)
class Watch:
    """Since when an endpoint that is asked has said nothing of use.

    Attributes:
        patience_s: How long that may go on.
        since: The last sign of life, or when the asking began; None while nothing is asked.
    """

    patience_s: float
    since: float | None = None

    def asked(self, now: float) -> Watch:
        """After a call joined; only the first one starts the watch."""
        return replace(self, since=now) if self.since is None else self

    def heard(self, now: float) -> Watch:
        """After a sign of life: a reply, or a refusal for good."""
        return replace(self, since=now)

    def rested(self) -> Watch:
        """After the last call left."""
        return replace(self, since=None)

    @property
    def ends_at(self) -> float:
        """When patience ends, unless a sign of life comes first."""
        return math.inf if self.since is None else self.since + self.patience_s
