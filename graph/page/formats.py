"""How numbers, times and hashes are written on the page: one way each, and a dash for what is not there."""

from __future__ import annotations

import math
from datetime import UTC, datetime

DASH = "–"


def count(value: float | None) -> str:
    """A whole number with thousands separators."""
    return DASH if value is None else f"{value:,.0f}"


def rate(value: float | None) -> str:
    """A rate or ratio with two decimals; a ratio's interval may have no upper end."""
    if value is None:
        return DASH
    return "∞" if math.isinf(value) else f"{value:.2f}"


def signed(value: float | None) -> str:
    """A difference with two decimals and its sign (a true minus, which is as wide as a plus)."""
    if value is None:
        return DASH
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")  # + 0.0: what is rounded to nothing has no minus


def interval(low: float | None, high: float | None) -> str:
    """An interval of rates."""
    return DASH if low is None and high is None else f"{rate(low)}{DASH}{rate(high)}"


def loss(value: float | None) -> str:
    """A training loss with three decimals."""
    return DASH if value is None else f"{value:.3f}"


def duration(seconds: float | None) -> str:
    """Seconds as a person says them: ``2.1 s``, ``28 min 55 s``, ``3 h 05 min``."""
    if seconds is None:
        return DASH
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def dollars(value: float | None) -> str:
    """Dollars with as many decimals as a small sum needs."""
    if value is None:
        return DASH
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.4f}"


def short(digest: str) -> str:
    """The first ten characters of a hash or an identifier, which tell it apart well enough to read."""
    return digest[:10] or DASH


def moment(text: str) -> str:
    """An ISO 8601 time to the minute, in UTC where it has an offset; any other text as it is."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return text
    if parsed.tzinfo is None:
        return f"{parsed:%Y-%m-%d %H:%M}"
    return f"{parsed.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def per_cent(part: float, whole: float) -> str:
    """A share for CSS and SVG, 0 where there is no whole."""
    return f"{100 * part / whole:.3f}%" if whole else "0%"
