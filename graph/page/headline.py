"""The outcome of a run in one sentence, with the numbers that carry it."""

from __future__ import annotations

from tutelage.graph.page.formats import count, rate
from tutelage.graph.page.model import Report

_OPENINGS = {
    "stopped_by_budget": "The budget was spent with",
    "stopped_by_rounds": "The cap of rounds was reached with",
    "unfinished": "This run is not finished, with",
}


def headline(report: Report) -> str:
    """One sentence: what was mastered, and what became of the mean accuracy on held-out items."""
    return f"{_mastery(report)}; {_accuracy(report)}."


def _mastery(report: Report) -> str:
    whole = report.totals.modules if report.totals.modules is not None else len(report.modules)
    if not whole:
        return "This run ended before it had a knowledge map"
    mastered = report.totals.mastered
    if mastered is None:
        mastered = sum(module.verdict == "mastered" for module in report.modules)
    student = report.run.student or "The student"
    outcome = report.run.outcome
    if outcome == "taught":
        return f"{student} was taught {whole} modules by a strategy that tests no mastery"
    if outcome in _OPENINGS:
        return f"{_OPENINGS[outcome]} {mastered} of {whole} modules mastered"
    if outcome == "nothing_mastered":
        return f"{student} mastered none of {whole} modules"
    if outcome == "mastered" and mastered == whole:
        return f"{student} mastered all {whole} modules"
    return f"{student} mastered {mastered} of {whole} modules"


def _accuracy(report: Report) -> str:
    before, after, items = report.totals.before, report.totals.after, report.totals.items
    if before is None or after is None:
        return "nothing was measured on held-out items"
    if rate(before) == rate(after):
        change = f"stayed at {rate(after)}"
    else:
        change = f"{'rose' if after > before else 'fell'} from {rate(before)} to {rate(after)}"
    measured = f" (n = {count(items)})" if items is not None else ""
    return f"mean accuracy on held-out items {change}{measured}"
