"""What a cohort shows, with intervals: students are the unit, since the attempts of one are not independent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tutelage.pedagogy.cohort import World, draw_student
from tutelage.pedagogy.cohort_run import Ledger, Rules, teach
from tutelage.pedagogy.rates import Interval

RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A quotient of two sums over students, with its 95 % bootstrap interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Summary:
    """One set of rules on one cohort.

    Attributes:
        false_passes: Of the gate attempts of unready modules, the share that passed.
        falsely_passed: Of the passed modules, the share that was unready.
        held: Of the gate attempts of ready modules, the share that did not pass.
        lessons: Lessons written for each module truly mastered at the end.
        rows: Rows trained on for each.
        mastered: Of the modules that can be mastered, the share that is at the end.
        probes: Gate and retention items for each gate attempt.
    """

    false_passes: Estimate
    falsely_passed: Estimate
    held: Estimate
    lessons: Estimate
    rows: Estimate
    mastered: Estimate
    probes: Estimate


def run_cohort(world: World, rules: Rules, students: int, seed: int = 0) -> tuple[Ledger, ...]:
    """The same students for every set of rules: drawn by seed and number."""
    return tuple(teach(draw_student(world, np.random.default_rng([seed, n])), rules) for n in range(students))


def summarise(ledgers: Sequence[Ledger], threshold: float) -> Summary:
    """The figures of a cohort."""

    def attempts(holds: Callable[[float, bool], bool]) -> Callable[[Ledger], int]:
        return lambda ledger: sum(holds(ratio, passed) for ratio, passed in ledger.attempts)

    def quotient(top: Callable[[Ledger], int], bottom: Callable[[Ledger], int]) -> Estimate:
        return bootstrap([top(one) for one in ledgers], [bottom(one) for one in ledgers])

    unready = attempts(lambda ratio, _: ratio < threshold)
    ready = attempts(lambda ratio, _: ratio >= threshold)
    false = attempts(lambda ratio, passed: passed and ratio < threshold)
    return Summary(
        false_passes=quotient(false, unready),
        falsely_passed=quotient(false, attempts(lambda _, passed: passed)),
        held=quotient(attempts(lambda ratio, passed: not passed and ratio >= threshold), ready),
        lessons=quotient(lambda one: one.lessons, lambda one: one.mastered),
        rows=quotient(lambda one: one.rows, lambda one: one.mastered),
        mastered=quotient(lambda one: one.mastered, lambda one: one.reachable),
        probes=quotient(lambda one: one.probes, lambda one: len(one.attempts)),
    )


def bootstrap(tops: Sequence[int], bottoms: Sequence[int], seed: int = 0) -> Estimate:
    """sum(tops) / sum(bottoms) with its percentile interval over resampled students; 0 where nothing was seen."""
    top, bottom = np.asarray(tops, float), np.asarray(bottoms, float)
    picks = np.random.default_rng(seed).integers(0, len(top), (RESAMPLES, len(top)))
    sums = bottom[picks].sum(axis=1)
    found = top[picks].sum(axis=1)[sums > 0] / sums[sums > 0]
    if not bottom.sum() or not len(found):
        return Estimate(0.0, Interval(0.0, float("inf")))
    low, high = (float(edge) for edge in np.percentile(found, [2.5, 97.5]))
    return Estimate(float(top.sum() / bottom.sum()), Interval(low, high))


def pass_curve(ledgers: Sequence[Ledger], edges: Sequence[float]) -> list[tuple[float, Estimate]]:
    """How often an attempt passes, by the true ratio: the middle of each bin that holds attempts."""
    curve = []
    for low, high in pairwise(edges):
        inside = [[passed for ratio, passed in one.attempts if low <= ratio < high] for one in ledgers]
        if any(inside):
            curve.append(((low + high) / 2, bootstrap([sum(one) for one in inside], [len(one) for one in inside])))
    return curve
