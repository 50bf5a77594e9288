"""Rates as reports hold them."""

from __future__ import annotations

from typing import Any

from tutelage.pedagogy.rates import Rate

Json = dict[str, Any]


def rate_facts(rate: Rate | None, confidence: float) -> Json | None:
    """A rate with its interval, as reports hold it."""
    if rate is None:
        return None
    interval = rate.interval(confidence)
    return {"rate": rate.value, "low": interval.low, "high": interval.high, "n": rate.n}
