"""A comparison in a few rows, for a terminal."""

from __future__ import annotations

from tutelage.graph.comparison.records import ArmResult, Comparison, DifferenceRow, Estimate
from tutelage.graph.page.formats import DASH, rate, signed

HEADINGS = ("Strategy", "Seeds", "Accuracy", "interval", "Against", "Difference", "interval", "p (Holm)", "Verdict")


def summary_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """A row an arm: what it came to, and what that is beside the baseline."""
    rows = {row.arm: row for row in comparison.differences}
    failed = {row.arm for row in comparison.runs if row.error is not None}
    return [_row(result, rows.get(result.arm), result.arm in failed) for result in comparison.results]


def spelled(estimate: Estimate) -> str:
    """The interval of a difference, with signs."""
    return f"{signed(estimate.low)} to {signed(estimate.high)}"


def p_value(value: float) -> str:
    """A p-value as it is usually written."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _row(result: ArmResult, beside: DifferenceRow | None, failed: bool) -> tuple[str, ...]:
    seeds = f"{len(result.seeds)}" + (" (runs failed)" if failed else "")
    if result.mean is None:
        return (result.arm, seeds, *[DASH] * (len(HEADINGS) - 2))
    mean = (result.arm, seeds, rate(result.mean.value), f"{rate(result.mean.low)}-{rate(result.mean.high)}")
    if beside is None:
        return (*mean, *[DASH] * (len(HEADINGS) - len(mean)))
    found = beside.difference
    return (*mean, beside.against, signed(found.value), spelled(found), p_value(beside.p_holm), beside.verdict)
