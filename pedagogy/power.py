"""What a diagnosis can see: the smallest gap that its probes tell from none."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache

from scipy.stats import binom

from tutelage.pedagogy.rates import Rate, ratio_interval

POWER = 0.8
STEP = 0.01


@cache
def detectable_gap(probes: int, confidence: float) -> float:
    """The minimum detectable gap (Eq. 2), to the next hundredth; 1.0 where not even a student who knows nothing shows.

    The smallest true gap to a teacher that is always right at which, four times in five, the whole interval of
    P_S / P_T on so many probes lies under 1.
    """
    teacher = Rate(probes, probes)
    # Whoever does worse shows the gap, too: the outcomes that show it are those below the first that does not.
    showing = bisect_left(
        range(probes + 1), True, key=lambda k: ratio_interval(Rate(k, probes), teacher, confidence).high >= 1
    )
    if not showing:
        return 1.0
    for step in range(1, round(1 / STEP) + 1):
        gap = step * STEP
        if float(binom.cdf(showing - 1, probes, 1 - gap)) >= POWER:
            return round(gap, 2)
    return 1.0


def probes_needed(gap: float, confidence: float, at_most: int = 2000) -> int | None:
    """The fewest probes a module with which a gap of this size is detectable; None beyond ``at_most``."""
    return next((n for n in range(1, at_most + 1) if detectable_gap(n, confidence) <= gap), None)
