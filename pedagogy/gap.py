"""Which knowledge modules the student lacks (Eq. 2 and 6 of arXiv 2602.12172)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tutelage.pedagogy.rates import Rate, ratio_interval

Standing = Literal["deficient", "known", "excluded"]


def gap(student: Rate, teacher: Rate) -> float | None:
    """Eq. 2: (P_T - P_S) / P_T. None where P_T = 0: this teacher cannot teach the module.

    Negative where the student is ahead of its teacher.
    """
    if teacher.successes == 0:
        return None
    return (teacher.value - student.value) / teacher.value


@dataclass(frozen=True)
class Diagnosis:
    """What the Diagnostician measured of one module on its diagnostic pool."""

    module: str
    student: Rate
    teacher: Rate

    @property
    def gap(self) -> float | None:
        """Eq. 2."""
        return gap(self.student, self.teacher)

    def standing(self, gap_threshold: float) -> Standing:
        """Eq. 6: deficient where the gap exceeds the threshold (tau_gap); excluded where there is no gap to measure."""
        delta = self.gap
        if delta is None:
            return "excluded"
        return "deficient" if delta > gap_threshold else "known"

    def is_clear(self, gap_threshold: float, confidence: float) -> bool:
        """Whether further probes could hardly change the standing: the whole interval lies on one side of tau_gap."""
        if self.teacher.successes == 0:
            return True
        share = ratio_interval(self.student, self.teacher, confidence)
        return share.high < 1 - gap_threshold or share.low >= 1 - gap_threshold
