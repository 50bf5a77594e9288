"""How far a round may move a student, by what it knew before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean


def interpolation(known: Mapping[str, float], retention: float) -> float:
    """Share of the way from the student as it began a round to the student as the round left it.

    Between the two lie students that have most of what is new and nearly all of what was known (WiSE-FT, Wortsman et
    al. 2022, arXiv 2109.01903). What is known is all there is to lose: a student that knows nothing goes the whole way.

    Args:
        known: Of the student's probes before the round the share that was right, by module.
        retention: What is taken back of a round's change to a student that knew everything.
    """
    return 1 - retention * fmean(known.values()) if known else 1.0
