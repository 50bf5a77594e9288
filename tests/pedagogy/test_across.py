"""A difference over several domains: its interval is over domains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student_t

from tutelage.pedagogy.across import across

VALUES = st.lists(st.floats(-1, 1), min_size=2, max_size=12)


@given(VALUES)
def test_the_interval_is_the_t_interval_over_units_and_holds_the_mean(values: list[float]) -> None:
    found = across(values)
    assert found.value == pytest.approx(np.mean(values), abs=1e-12)
    assert found.interval is not None
    assert found.interval.low - 1e-9 <= found.value <= found.interval.high + 1e-9
    reach = student_t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5
    assert found.interval.high - found.value == pytest.approx(reach, abs=1e-9)


@given(VALUES)
def test_p_is_under_5_per_cent_just_where_the_interval_leaves_zero_out(values: list[float]) -> None:
    found = across(values)
    assert found.interval is not None
    assert found.p is not None
    if abs(found.p - 0.05) > 1e-6:
        assert (found.p < 0.05) == (found.interval.low > 0 or found.interval.high < 0)


def test_one_unit_says_nothing_of_others() -> None:
    assert across([0.3]).interval is None
    assert across([0.3]).p is None


def test_of_no_unit_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="nothing"):
        across([])


def test_of_units_drawn_around_zero_five_in_a_hundred_intervals_leave_it_out() -> None:
    rng = np.random.default_rng(7)
    drawn = rng.normal(0, 0.07, (2000, 9))
    out = sum(i.low > 0 or i.high < 0 for i in (across(list(row)).interval for row in drawn) if i is not None)
    assert 0.03 < out / 2000 < 0.07
