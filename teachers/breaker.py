"""The circuit breaker of a pool's member: when it is asked, and when it is left alone. Pure: no clock, no network."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

FIRST_COOL_DOWN_S = 5.0
LONGEST_COOL_DOWN_S = 120.0

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """Closed while the member answers; open for a cool-down once it does not; then half open for one probing call.

    A failure here is a call whose own retries are spent, so one is enough to open.

    Attributes:
        failures: Cool-downs in a row.
        open_until: When the present cool-down ends.
        probing: A probing call is under way.
    """

    failures: int = 0
    open_until: float = -math.inf
    probing: bool = False

    def state(self, now: float) -> State:
        """Closed, open or half open."""
        if self.failures == 0:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def admits(self, now: float) -> bool:
        """Whether the member may be asked now."""
        state = self.state(now)
        return state == "closed" or (state == "half_open" and not self.probing)

    def sent(self, now: float) -> Breaker:
        """After a call was given to the member."""
        return replace(self, probing=True) if self.state(now) == "half_open" else self

    def answered(self) -> Breaker:
        """After a sign of life: closed, whatever was before."""
        return Breaker()

    def abandoned(self) -> Breaker:
        """After a probing call ended without telling anything (it was cancelled)."""
        return replace(self, probing=False)

    def failed(self, now: float, *, probe: bool) -> Breaker:
        """After a call failed: open, for twice as long as the last time.

        Calls that were under way when the breaker opened fail later; they tell nothing new.
        """
        if self.failures and not probe:
            return self
        cool_down = min(LONGEST_COOL_DOWN_S, FIRST_COOL_DOWN_S * 2.0 ** min(self.failures, 30))
        return Breaker(failures=self.failures + 1, open_until=now + cool_down)
