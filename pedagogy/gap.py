"""Which knowledge modules the student lacks (Eq. 2 and 6 of arXiv 2602.12172)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tutelage.pedagogy.rates import Rate

Standing = Literal["deficient", "known", "excluded"]
INDIFFERENCE = 0.2
"""How far from tau_gap a gap must lie for its side to matter."""
MISPLACED = 0.1
"""Share of such modules that a diagnosis may put on the wrong side: it steers, and a gate certifies later."""
ALWAYS_RIGHT = Rate(1, 1)
"""What a teacher is taken for that was not asked: P_T can be no more, and no smaller one widens the gap."""


def gap(student: Rate, teacher: Rate) -> float | None:
    """Eq. 2: (P_T - P_S) / P_T. None where P_T = 0: this teacher cannot teach the module.

    Negative where the student is ahead of its teacher.
    """
    if teacher.successes == 0:
        return None
    return (teacher.value - student.value) / teacher.value


@dataclass(frozen=True)
class Diagnosis:
    """What the Diagnostician measured of one module on its diagnostic pool; no teacher where none was asked."""

    module: str
    student: Rate
    teacher: Rate | None = None

    @property
    def bound(self) -> Rate:
        """P_T, as far as it can go where it was not measured."""
        return self.teacher or ALWAYS_RIGHT

    @property
    def gap(self) -> float | None:
        """Eq. 2; where no teacher was asked the widest that there can be."""
        return gap(self.student, self.bound)

    def standing(self, gap_threshold: float) -> Standing:
        """Eq. 6: deficient where the gap exceeds the threshold (tau_gap); excluded where there is no gap to measure."""
        delta = self.gap
        if delta is None:
            return "excluded"
        return "deficient" if delta > gap_threshold else "known"

    def is_clear(self, gap_threshold: float) -> bool:
        """Whether enough was asked to say on which side of tau_gap the module lies.

        Wald's sequential probability ratio test (1945, doi 10.1214/aoms/1177731118), as adaptive mastery tests stop by
        it, between a gap that is ``INDIFFERENCE`` smaller than tau_gap and one that is as much larger: of such modules
        at most ``MISPLACED`` are put on the wrong side. Nearer to tau_gap either side will do.
        """
        if self.bound.successes == 0:
            return True
        small, large = gap_threshold - INDIFFERENCE, gap_threshold + INDIFFERENCE
        known, lacking = (_possible(self.bound.value * (1 - one)) for one in (small, large))
        right, wrong = self.student.successes, self.student.n - self.student.successes
        evidence = right * math.log(known / lacking) + wrong * math.log((1 - known) / (1 - lacking))
        return abs(evidence) >= math.log((1 - MISPLACED) / MISPLACED)


def _possible(rate: float) -> float:
    """A rate that one slip, or one lucky answer, does not rule out."""
    return min(max(rate, 0.03), 0.97)
