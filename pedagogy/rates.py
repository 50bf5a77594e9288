"""Rates with their intervals: every accuracy Tutelage shows or decides on is one of these."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from scipy.stats import binomtest


@dataclass(frozen=True, order=True)
class Interval:
    """A closed interval; ``high`` may be infinite for a ratio whose denominator may be zero."""

    low: float
    high: float


@dataclass(frozen=True)
class Rate:
    """``successes`` right answers out of ``n``.

    Raises:
        ValueError: unless 0 <= successes <= n and n >= 1.
    """

    successes: int
    n: int

    def __post_init__(self) -> None:
        if not (0 <= self.successes <= self.n and self.n >= 1):
            raise ValueError(f"not a rate: {self.successes} of {self.n}")

    @property
    def value(self) -> float:
        """The point estimate, in [0, 1]."""
        return self.successes / self.n

    def interval(self, confidence: float) -> Interval:
        """The exact (Clopper-Pearson 1934) two-sided interval: it errs at most (1 - confidence) / 2 on either side."""
        return _exact_interval(self.successes, self.n, confidence)


@lru_cache(maxsize=65536)
def _exact_interval(successes: int, n: int, confidence: float) -> Interval:
    ci = binomtest(successes, n).proportion_ci(confidence_level=confidence, method="exact")
    return Interval(float(ci.low), float(ci.high))


def ratio(student: Rate, teacher: Rate) -> float | None:
    """P_S / P_T, the student's rate as a share of its teacher's; None where the teacher is never right."""
    return None if teacher.successes == 0 else student.value / teacher.value


def ratio_interval(student: Rate, teacher: Rate, confidence: float) -> Interval:
    """Interval of P_S / P_T for independent rates, by the method of variance estimates recovery.

    MOVER-R (Donner and Zou 2012, doi 10.1177/0962280210383079), built on the exact intervals of the two rates. With
    a teacher that is always right it is the student's own exact interval, up to the doubt about the teacher on top.

    Raises:
        ValueError: the teacher was never right: the ratio is undefined.
    """
    if teacher.successes == 0:
        raise ValueError("the ratio to a teacher that is never right is undefined")
    s, t = student.value, teacher.value
    s_ci, t_ci = student.interval(confidence), teacher.interval(confidence)
    low = _mover_bound(s, t, s_ci.low, t_ci.high, sign=-1)
    high = _mover_bound(s, t, s_ci.high, t_ci.low, sign=1)
    return Interval(min(max(0.0, low), s / t), max(high, s / t))


def _mover_bound(s: float, t: float, s_bound: float, t_bound: float, *, sign: int) -> float:
    denominator = t_bound * (2 * t - t_bound)
    if abs(denominator) < 1e-12:  # no real bound from the formula: take the plain quotient of the bounds
        return s_bound / t_bound if t_bound > 0 else math.inf
    root = (s * t) ** 2 - s_bound * (2 * s - s_bound) * denominator
    return (s * t + sign * math.sqrt(max(0.0, root))) / denominator
