"""What a comparison can see: the smallest difference that it would find four times in five."""

from __future__ import annotations

from typing import Any

from scipy.optimize import brentq
from scipy.stats import ncf, norm
from scipy.stats import t as student_t

from tutelage.pedagogy.paired import LEVEL, Spread
from tutelage.pedagogy.power import POWER


def detectable_difference(found: Spread, comparisons: int) -> float | None:
    """The minimum detectable difference in mean accuracy, for these items and seeds.

    By the two-sided t test on the seeds' differences, at the level that the first of so many comparisons must pass
    (Holm's first step), with the larger of the standard errors that the seeds show and that the items alone explain.
    With one seed it covers items only. None where no answer differed: nothing tells how much one could.

    Args:
        found: The difference as it was measured.
        comparisons: How many are made with the same baseline.
    """
    error = max(found.item_error, found.seed_error or 0.0)
    if error <= 0:
        return None
    level, degrees = LEVEL / comparisons, len(found.seeds) - 1
    if degrees == 0:
        return float(error * (norm.isf(level / 2) + norm.isf(1 - POWER)))
    limit = float(student_t.isf(level / 2, degrees))

    def lacking(size: float) -> float:
        # The square of a noncentral t is a noncentral F, which scipy computes where its noncentral t is not a number.
        return float(ncf.sf(limit**2, 1, degrees, size**2)) - POWER

    # The t test needs its own limit and some: at the upper end the power is near one for any number of seeds.
    size: Any = brentq(lacking, 0.0, 3 * limit + 3)
    return error * float(size)
