"""A difference over several domains: its interval is over domains, and no narrower than the items allow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from tutelage.pedagogy.across import across, item_error
from tutelage.pedagogy.paired import shown

VALUES = st.lists(st.integers(-50, 50).map(lambda n: n / 50), min_size=2, max_size=12)


@given(VALUES)
def test_without_doubt_about_items_it_is_the_t_test_over_units(values: list[float]) -> None:
    found = across(values, [0.0] * len(values))
    if len(set(values)) > 1:
        test: Any = ttest_1samp(values, 0.0)
        assert found.p == pytest.approx(test.pvalue)
        assert found.interval is not None
        assert (found.interval.low, found.interval.high) == pytest.approx(tuple(test.confidence_interval(0.95)))


@given(VALUES, st.floats(0, 0.3))
def test_p_is_under_5_per_cent_just_where_the_interval_leaves_zero_out(values: list[float], error: float) -> None:
    found = across(values, [error] * len(values))
    assert found.interval is not None
    assert found.p is not None
    if abs(found.p - 0.05) > 1e-6:
        assert (found.p < 0.05) == (found.interval.low > 0 or found.interval.high < 0)


@given(VALUES, st.floats(0, 0.3), st.floats(0, 0.3))
def test_more_doubt_about_items_makes_no_interval_narrower(values: list[float], less: float, more: float) -> None:
    narrow = across(values, [min(less, more)] * len(values)).interval
    wide = across(values, [max(less, more)] * len(values)).interval
    assert narrow is not None
    assert wide is not None
    assert wide.high - wide.low >= narrow.high - narrow.low - 1e-12


def test_units_that_agree_by_luck_are_as_sure_as_their_items_are() -> None:
    error = item_error(wins=9, losses=3, items=120)
    found = across([0.05, 0.05], [error, error])
    assert found.interval is not None
    assert found.interval.low < 0


def test_the_error_of_items_is_that_of_their_mean() -> None:
    values = np.repeat([1.0, -1.0, 0.0], [30, 12, 78])
    assert item_error(30, 12, 120) == pytest.approx(values.std() / 120**0.5)
    assert item_error(0, 0, 120) == 0


def test_one_unit_says_nothing_of_others() -> None:
    found = across([0.3], [0.1])
    assert (found.value, found.interval, found.p) == (0.3, None, None)


@pytest.mark.parametrize(("units", "errors"), [([], []), ([0.1, 0.2], [0.1])])
def test_of_no_unit_and_of_missing_errors_there_is_no_mean(units: list[float], errors: list[float]) -> None:
    with pytest.raises(ValueError, match="unit"):
        across(units, errors)


@pytest.mark.parametrize("count", [2, 3, 9])
def test_two_copies_are_told_apart_in_at_most_five_of_a_hundred(count: int) -> None:
    """Few units of few items, whose differences come in steps: what real comparisons look like."""
    rng = np.random.default_rng(count)
    wrong = 0
    for _ in range(1500):
        wins, losses = rng.binomial(12, 0.5, count), rng.binomial(12, 0.5, count)
        values = [(w - x) / 120 for w, x in zip(wins, losses, strict=True)]
        found = across(values, [item_error(int(w), int(x), 120) for w, x in zip(wins, losses, strict=True)])
        assert found.interval is not None
        assert found.p is not None
        wrong += shown(found.interval, found.p) != "no difference shown"
    assert wrong / 1500 <= 0.05
