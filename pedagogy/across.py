"""One difference on several domains or students: does it hold beyond the one that was looked at? Pure.

A *unit* is a whole comparison, its student, its domain and the mean over its seeds. More seeds make a unit's own
difference surer; only more units say anything of domains that were not looked at. So the interval is the t interval
over the units, each counting alike, valid with as few as two and with unequal variances (Ibragimov and Müller 2010,
doi 10.1198/jbes.2009.08046). Units may agree by luck, and never by more than their items let them: the standard error
is that of the units' spread or that of the items alone, whichever is larger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tutelage.pedagogy.paired import t_interval, t_p_value
from tutelage.pedagogy.rates import Interval


@dataclass(frozen=True)
class Across:
    """A mean over units.

    Attributes:
        interval: None of one unit: nothing is known of others then.
        p: Of the t test against zero; None of one unit.
    """

    value: float
    interval: Interval | None
    p: float | None


def across(units: Sequence[float], item_errors: Sequence[float]) -> Across:
    """The mean of the units with its interval.

    Args:
        units: A difference each.
        item_errors: The standard error of each that its items alone explain.

    Raises:
        ValueError: there is no unit, or not one error for each.
    """
    if not units or len(item_errors) != len(units):
        raise ValueError("nothing to take a mean of, or not one error for each unit")
    value, count = float(np.mean(units)), len(units)
    if count == 1:
        return Across(value, None, None)
    error = max(float(np.std(units, ddof=1)) / math.sqrt(count), math.hypot(*item_errors) / count)
    return Across(value, t_interval(value, error, count), t_p_value(value, error, count))


def item_error(wins: int, losses: int, items: int) -> float:
    """Standard error of a paired difference that its items alone explain.

    Args:
        wins: Items that the first alone got right.
        losses: Items that the second alone got right.
        items: All of them, over all seeds.
    """
    return math.sqrt(((wins + losses) / items - ((wins - losses) / items) ** 2) / items)
