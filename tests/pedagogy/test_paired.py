"""Paired comparison: what it says of differences that are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from tutelage.pedagogy.cohort import World
from tutelage.pedagogy.cohort_pairs import simulated_difference
from tutelage.pedagogy.cohort_run import OURS
from tutelage.pedagogy.detectable import detectable_difference
from tutelage.pedagogy.paired import Difference, Outcomes, Spread, accuracy, difference, holm
from tutelage.pedagogy.rates import Interval, Rate

MODULES = ["a", "b"]


def drawn(level: float, seeds: int, items: int = 50, own: int = 0, noise: float = 0.0) -> Outcomes:
    """Answers with a true accuracy: the items' luck is common, the noise of a seed is the strategy's own."""
    found = {}
    for seed in range(seeds):
        luck = np.random.default_rng([seed, 9]).random((len(MODULES), items))
        shift = np.random.default_rng([seed, own, 8]).normal(0, noise) if noise else 0.0
        found[seed] = {m: [bool(x) for x in luck[n] < level + shift] for n, m in enumerate(MODULES)}
    return found


def test_the_difference_is_the_mean_over_modules_whatever_their_sizes() -> None:
    one = {0: {"a": [True] * 10, "b": [False] * 40}, 1: {"a": [True] * 10, "b": [False] * 40}}
    other = {0: {"a": [False] * 10, "b": [False] * 40}, 1: {"a": [False] * 10, "b": [False] * 40}}
    found = difference(one, other, MODULES)
    assert found.spread.value == 0.5
    assert (found.wins, found.losses) == (20, 0)
    assert found.p_items == pytest.approx(2 * 0.5**20)


def test_seeds_that_one_strategy_lacks_are_left_out() -> None:
    one, other = drawn(0.8, 5), drawn(0.4, 5)
    found = difference({s: one[s] for s in (0, 2, 4)}, {s: other[s] for s in (0, 1, 2)}, MODULES)
    assert found.seeds == (0, 2)


def test_the_interval_is_at_least_that_of_the_t_test_and_the_p_value_is_the_larger_one() -> None:
    found = difference(drawn(0.7, 5, own=1, noise=0.1), drawn(0.6, 5, own=2, noise=0.1), MODULES)
    tested: Any = ttest_1samp(found.spread.seeds, 0.0)
    low, high = tested.confidence_interval(0.95)
    assert found.spread.interval.low <= low + 1e-12
    assert found.spread.interval.high >= high - 1e-12
    assert found.p_seeds == pytest.approx(tested.pvalue)
    assert found.p == max(found.p_items, tested.pvalue)


def test_items_alone_widen_the_interval_where_the_seeds_happen_to_agree() -> None:
    half = {"a": [True, False] * 5, "b": [True, False] * 5}
    other = {"a": [False, True] * 5, "b": [False, True] * 5}
    found = difference({0: half, 1: half}, {0: other, 1: other}, MODULES)
    assert found.spread.seeds == (0.0, 0.0)
    assert found.spread.interval.low < -0.2 < 0.2 < found.spread.interval.high


def test_one_seed_has_an_interval_over_items_and_never_a_verdict() -> None:
    found = difference(drawn(1.0, 1), drawn(0.1, 1), MODULES)
    assert found.p_seeds is None
    assert found.spread.interval.low > 0.5
    assert found.p < 1e-6
    assert found.verdict(found.p) == "no difference shown"


def test_a_copy_of_a_strategy_differs_in_nothing() -> None:
    found = difference(drawn(0.7, 5), drawn(0.7, 5), MODULES)
    assert found.spread.interval == Interval(0.0, 0.0)
    assert (found.p, found.p_items) == (1.0, 1.0)
    assert found.verdict(1.0) == "no difference shown"
    assert detectable_difference(found.spread, 1) is None


def test_better_takes_the_interval_and_the_corrected_p_value() -> None:
    def found(low: float, high: float) -> Difference:
        spread = Spread((low + high) / 2, (0.1, 0.2), Interval(low, high), 0.01)
        return Difference((0, 1), spread, 9, 1, 0.01, 0.01)

    assert found(0.01, 0.3).verdict(0.049) == "better"
    assert found(-0.3, -0.01).verdict(0.049) == "worse"
    assert found(0.01, 0.3).verdict(0.05) == "no difference shown"
    assert found(-0.01, 0.3).verdict(0.001) == "no difference shown"


def test_answers_that_cannot_be_paired_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        difference({0: {"a": [True] * 3}}, {0: {"a": [True] * 2}}, ["a"])
    with pytest.raises(ValueError, match="nothing"):
        difference({0: {"a": [True]}}, {1: {"a": [True]}}, ["a"])


def test_holm_steps_down_and_never_lowers_a_p_value() -> None:
    # Worked by hand: 4 * 0.01, 3 * 0.02 = 0.06, 2 * 0.03 = 0.06, 0.5.
    assert holm({"d": 0.5, "a": 0.01, "c": 0.03, "b": 0.02}) == pytest.approx(
        {"a": 0.04, "b": 0.06, "c": 0.06, "d": 0.5}
    )
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize("modules", [["a"], ["a", "b", "c"]])
def test_answers_that_are_all_right_still_have_an_interval(modules: list[str]) -> None:
    each = 60 // len(modules) // 2
    found = accuracy({s: {m: [True] * each for m in modules} for s in range(2)}, modules)
    assert found.value == 1.0
    assert found.interval == Interval(Rate(60, 60).interval(0.95).low, 1.0)


@pytest.mark.parametrize(("seeds", "comparisons"), [(2, 1), (5, 1), (5, 11), (10, 3)])
def test_the_detectable_difference_is_found_four_times_in_five_by_the_t_test(seeds: int, comparisons: int) -> None:
    noise = 0.03
    spread = Spread(0.0, tuple(noise * x for x in _spread_out(seeds)), Interval(0, 0), 0.0)
    size = detectable_difference(spread, comparisons)
    assert size is not None
    drawn = np.random.default_rng(3).normal(size, noise, (20_000, seeds))
    tested: Any = ttest_1samp(drawn, 0.0, axis=1)
    power = float((tested.pvalue < 0.05 / comparisons).mean())
    assert power == pytest.approx(0.8, abs=0.015)


def _spread_out(count: int) -> list[float]:
    """So many values with mean 0 and standard deviation 1."""
    values = np.linspace(-1, 1, count)
    return [float(x) for x in values / values.std(ddof=1)]


def test_with_one_seed_the_detectable_difference_is_that_of_the_items() -> None:
    assert detectable_difference(Spread(0.0, (0.0,), Interval(0, 0), 0.1), 1) == pytest.approx(0.2802, abs=1e-4)


WORLD = World(modules=6)
SHORT = OURS.__class__("short", rounds=3)


def test_two_copies_of_one_strategy_are_told_apart_at_most_one_time_in_twenty() -> None:
    found = [simulated_difference(WORLD, SHORT, 3, number) for number in range(200)]
    told = sum(one.verdict(one.p) != "no difference shown" for one in found)
    # What is tested is no copy of itself to the last item: training had its luck, and both intervals and items differ.
    assert sum(one.wins + one.losses > 0 for one in found) > 190
    assert told <= 10


def test_a_lead_of_fifteen_points_is_found_with_eight_seeds() -> None:
    found = [simulated_difference(WORLD, SHORT, 8, number, lead=0.15) for number in range(40)]
    assert sum(one.verdict(one.p) == "better" for one in found) >= 32
    assert not any(one.verdict(one.p) == "worse" for one in found)
    sizes = [one.spread.value for one in found]
    assert 0.08 < sum(sizes) / len(sizes) < 0.16
    assert not math.isnan(sizes[0])
