"""One difference on several domains or students: does it hold beyond the one that was looked at? Pure.

A *unit* is a whole comparison, its student, its domain and the mean over its seeds. More seeds make a unit's own
difference surer; only more units say anything of domains that were not looked at. So the interval is the t interval
over the units, each counting alike, valid with as few as two and with unequal variances (Ibragimov and Müller 2010,
doi 10.1198/jbes.2009.08046).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import ttest_1samp

from tutelage.pedagogy.paired import CONFIDENCE
from tutelage.pedagogy.rates import Interval


@dataclass(frozen=True)
class Across:
    """A mean over units.

    Attributes:
        units: Each unit's own value, in their order.
        interval: None of one unit: nothing is known of others then.
        p: Of the t test against zero; None of one unit.
    """

    units: tuple[float, ...]
    value: float
    interval: Interval | None
    p: float | None


def across(units: Sequence[float]) -> Across:
    """The mean of the units with its interval.

    Raises:
        ValueError: there is no unit.
    """
    if not units:
        raise ValueError("nothing to take a mean of")
    value = sum(units) / len(units)
    if len(units) == 1:
        return Across(tuple(units), value, None, None)
    if max(units) - min(units) < 1e-12:  # units that agree to the last digit have no spread to test against
        return Across(tuple(units), value, Interval(value, value), 1.0 if abs(value) < 1e-12 else 0.0)
    test = ttest_1samp(units, 0.0)
    low, high = test.confidence_interval(CONFIDENCE)
    return Across(tuple(units), value, Interval(float(low), float(high)), float(test.pvalue))
