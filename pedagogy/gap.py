"""Which knowledge modules the student lacks (Eq. 2 and 6 of arXiv 2602.12172)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tutelage.pedagogy.rates import Rate

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
