"""Comparisons taken together in a few rows, for a terminal."""

from __future__ import annotations

from collections import Counter

from tutelage.graph.comparison.across import AcrossComparisons, AcrossRow
from tutelage.graph.comparison.summary import p_value
from tutelage.graph.page.formats import DASH, rate, signed

HEADINGS = ("Strategy", "Against", "Over", "Comparisons", "Difference", "interval", "p (Holm)", "Verdict")


def unit_headings(together: AcrossComparisons) -> tuple[str, ...]:
    """Of the table of comparisons."""
    return ("Comparison", "Seeds", "New modules", "Before", *together.arms)


def unit_rows(together: AcrossComparisons) -> list[tuple[str, ...]]:
    """A row a comparison: the untouched student, and what every strategy came to; then their means."""
    units = together.units
    rows = [
        (
            u.name,
            ",".join(map(str, u.seeds)),
            f"{len(u.new)}",
            rate(u.before),
            *(rate(u.accuracy[a]) for a in together.arms),
        )
        for u in units
    ]
    before = sum(u.before for u in units) / len(units)
    means = [sum(u.accuracy[a] for u in units) / len(units) for a in together.arms]
    return [*rows, ("mean", DASH, DASH, rate(before), *map(rate, means))]


def spent_lines(together: AcrossComparisons) -> list[str]:
    """What every arm spent of the caps, in the mean of the comparisons: equal caps need not be spent alike."""
    lines = list[str]()
    for arm in together.arms:
        shares = {cap: [u.spent[arm][cap] for u in together.units] for cap in together.budget}
        said = ", ".join(f"{sum(of) / len(of):.0%} of {together.budget[cap]:g} {cap}" for cap, of in shares.items())
        if said:
            lines.append(f"{arm} spent {said}")
    return lines


def shared_lines(together: AcrossComparisons) -> list[str]:
    """That comparisons have modules in common, where some have: the interval takes each for a domain of its own."""
    times = Counter(module for unit in together.units for module in unit.modules)
    sharing = [unit for unit in together.units if any(times[module] > 1 for module in unit.modules)]
    if not sharing:
        return []
    shared = sum(count > 1 for count in times.values())
    modules = f"{shared} module{'s' * (shared > 1)}"
    return [
        f"{len(sharing)} of the comparisons share {modules}: they agree more than separate domains would, "
        "and the intervals are too narrow by that"
    ]


def difference_rows(together: AcrossComparisons) -> list[tuple[str, ...]]:
    """A row an arm and part: its difference from the baseline over the comparisons."""
    return [_row(row) for row in together.rows]


def _row(row: AcrossRow) -> tuple[str, ...]:
    interval = DASH if row.low is None or row.high is None else f"{signed(row.low)} to {signed(row.high)}"
    p = DASH if row.p_holm is None else p_value(row.p_holm)
    count = f"{len(row.units)}"
    return (row.arm, row.against, row.part, count, signed(row.value), interval, p, row.verdict or DASH)
