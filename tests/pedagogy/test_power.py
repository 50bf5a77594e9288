from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.power import detectable_gap, probes_needed
from tutelage.pedagogy.rates import Rate, ratio_interval


@given(st.integers(1, 150))
def test_more_probes_hardly_ever_see_less(probes: int) -> None:
    # Counts are whole, so a probe more may cost a hundredth or two.
    assert detectable_gap(probes + 10, 0.95) <= detectable_gap(probes, 0.95) + 0.02


def test_the_default_probes_see_the_gap_that_they_decide_on_and_the_papers_do_not() -> None:
    assert detectable_gap(30, 0.95) < 0.3 < detectable_gap(6, 0.95)
    assert probes_needed(0.3, 0.95) == 21


def test_a_gap_of_that_size_is_seen_four_times_in_five() -> None:
    probes, rng = 30, random.Random(0)
    gap = detectable_gap(probes, 0.95)
    shown = 0
    for _ in range(2000):
        right = sum(rng.random() >= gap for _ in range(probes))
        shown += ratio_interval(Rate(right, probes), Rate(probes, probes), 0.95).high < 1
    assert shown / 2000 == pytest.approx(0.85, abs=0.07)
    assert shown / 2000 > 0.78


def test_a_probe_or_two_see_nothing_and_a_tiny_gap_needs_more_than_there_are() -> None:
    assert detectable_gap(1, 0.95) == 1.0
    assert probes_needed(0.01, 0.95, at_most=30) is None
