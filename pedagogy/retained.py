"""What a student scores on a benchmark beside itself untaught and beside its teacher, each with its standard error.

All of them answer the same items, so differences and shares are taken item by item: what is hard for everybody is no
doubt about who is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure over ``n`` items.

    Attributes:
        error: Its standard error; None over one item, which shows no spread.
    """

    value: float
    error: float | None
    n: int


def mean_of(scores: Sequence[float]) -> Estimate:
    """The mean score.

    Raises:
        ValueError: there are no scores.
    """
    return _mean(np.asarray(scores, float))


def paired_difference(one: Sequence[float], other: Sequence[float]) -> Estimate:
    """The first mean less the second, with the standard error of the items' own differences.

    Raises:
        ValueError: they are not scores of the same items, or there are none.
    """
    first, second = _pair(one, other)
    return _mean(first - second)


def share_retained(student: Sequence[float], teacher: Sequence[float]) -> Estimate | None:
    """The student's mean as a share of its teacher's; None where the teacher's is 0: the share is undefined.

    The standard error is the delta method's for a ratio of means over the same items: that of the mean of
    ``(student - share * teacher) / mean(teacher)``.

    Raises:
        ValueError: they are not scores of the same items, or there are none.
    """
    first, second = _pair(student, teacher)
    reached, possible = _mean(first).value, _mean(second).value
    if possible == 0:
        return None
    share = reached / possible
    return Estimate(share, _mean((first - share * second) / possible).error, len(first))


def _pair(one: Sequence[float], other: Sequence[float]) -> tuple[Floats, Floats]:
    if len(one) != len(other):
        raise ValueError(f"{len(one)} scores cannot be paired with {len(other)}")
    return np.asarray(one, float), np.asarray(other, float)


def _mean(values: Floats) -> Estimate:
    count = len(values)
    if count == 0:
        raise ValueError("nothing to take a mean of")
    error = float(values.std(ddof=1)) / count**0.5 if count > 1 else None
    return Estimate(float(values.mean()), error, count)
