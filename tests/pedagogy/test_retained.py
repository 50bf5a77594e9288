"""Standard errors and the share of the teacher retained, for any scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.retained import mean_of, paired_difference, share_retained

Scores = list[float]
marks = st.lists(st.sampled_from([0.0, 1.0]), min_size=2, max_size=60)
pairs = st.integers(2, 60).flatmap(
    lambda n: st.tuples(*[st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n)] * 2)
)


@given(marks)
def test_the_error_of_a_rate_is_the_binomial_one(scores: Scores) -> None:
    found = mean_of(scores)
    rate = sum(scores) / len(scores)
    assert found.value == pytest.approx(rate)
    assert found.error == pytest.approx(math.sqrt(rate * (1 - rate) / (len(scores) - 1)))


@given(pairs)
def test_a_difference_is_that_of_the_means_and_turns_round_with_them(both: tuple[Scores, Scores]) -> None:
    one, other = both
    found, back = paired_difference(one, other), paired_difference(other, one)
    assert found.value == pytest.approx(mean_of(one).value - mean_of(other).value)
    assert back.value == pytest.approx(-found.value)
    assert back.error == pytest.approx(found.error)


@given(pairs)
def test_pairing_never_claims_more_than_the_two_spreads_together(both: tuple[Scores, Scores]) -> None:
    one, other = mean_of(both[0]).error, mean_of(both[1]).error
    found = paired_difference(*both).error
    assert one is not None
    assert other is not None
    assert found is not None
    assert found <= one + other + 1e-12


@given(pairs)
def test_a_share_is_the_quotient_and_undefined_only_where_the_teacher_scores_nothing(
    both: tuple[Scores, Scores],
) -> None:
    student, teacher = both
    found = share_retained(student, teacher)
    assert (found is None) == (sum(teacher) == 0)
    if found is not None:
        assert found.value == pytest.approx(sum(student) / sum(teacher))
        assert found.error is not None
        assert math.isfinite(found.error)


@given(marks.filter(any))
def test_who_answers_as_its_teacher_does_retains_all_of_it_without_a_doubt(scores: Scores) -> None:
    found = share_retained(scores, scores)
    assert found is not None
    assert found.value == pytest.approx(1)
    assert found.error == pytest.approx(0)


@given(pairs, st.floats(0.1, 10))
def test_a_share_does_not_depend_on_the_unit_of_the_scores(both: tuple[Scores, Scores], unit: float) -> None:
    plain = share_retained(*both)
    scaled = share_retained([unit * s for s in both[0]], [unit * s for s in both[1]])
    assert (plain is None) == (scaled is None)
    if plain is not None and scaled is not None:
        assert scaled.value == pytest.approx(plain.value)
        assert scaled.error == pytest.approx(plain.error, abs=1e-9)


@given(marks)
def test_beside_a_teacher_that_is_always_right_the_share_is_the_rate(scores: Scores) -> None:
    found, rate = share_retained(scores, [1.0] * len(scores)), mean_of(scores)
    assert found is not None
    assert found.value == pytest.approx(rate.value)
    assert found.error == pytest.approx(rate.error)


def test_the_delta_method_agrees_with_the_bootstrap() -> None:
    rng = np.random.default_rng(1)
    hard = rng.random(400)
    teacher, student = (hard < 0.8).astype(float), (hard + 0.2 * rng.random(400) < 0.5).astype(float)
    picks = rng.integers(0, 400, (4000, 400))
    shares = student[picks].mean(axis=1) / teacher[picks].mean(axis=1)
    found = share_retained(student.tolist(), teacher.tolist())
    assert found is not None
    assert found.error == pytest.approx(float(shares.std(ddof=1)), rel=0.1)


def test_one_item_shows_no_spread_and_none_no_mean() -> None:
    assert mean_of([1.0]).error is None
    with pytest.raises(ValueError, match="nothing to take a mean of"):
        mean_of([])
    for work in (paired_difference, share_retained):
        with pytest.raises(ValueError, match="nothing to take a mean of"):
            work([], [])
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_difference([1.0], [1.0, 0.0])
