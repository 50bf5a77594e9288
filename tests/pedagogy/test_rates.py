import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.rates import Rate, ratio, ratio_interval


@st.composite
def rates(draw: st.DrawFn, least_right: int = 0) -> Rate:
    n = draw(st.integers(1, 200))
    return Rate(draw(st.integers(min(least_right, n), n)), n)


@given(rates(), st.floats(0.5, 0.99))
def test_an_interval_holds_its_point_estimate_and_stays_within_zero_and_one(rate: Rate, confidence: float) -> None:
    interval = rate.interval(confidence)
    assert 0 <= interval.low <= rate.value <= interval.high <= 1


def test_the_exact_interval_agrees_with_published_values() -> None:
    # Clopper-Pearson, 95 %: 0 of 10 -> [0, 0.3085], 8 of 10 -> [0.4439, 0.9748] (Agresti and Coull 1998).
    none, eight = Rate(0, 10).interval(0.95), Rate(8, 10).interval(0.95)
    assert (none.low, round(none.high, 4)) == (0.0, 0.3085)
    assert (round(eight.low, 4), round(eight.high, 4)) == (0.4439, 0.9748)


@given(rates(), rates(least_right=1), st.floats(0.5, 0.99))
def test_a_ratio_lies_within_its_interval(student: Rate, teacher: Rate, confidence: float) -> None:
    value = ratio(student, teacher)
    interval = ratio_interval(student, teacher, confidence)
    assert value is not None
    assert 0 <= interval.low <= value <= interval.high


@given(rates(), st.integers(1, 200))
def test_with_a_perfect_teacher_the_lower_end_is_the_students_own(student: Rate, n: int) -> None:
    interval = ratio_interval(student, Rate(n, n), 0.95)
    assert math.isclose(interval.low, student.interval(0.95).low, abs_tol=1e-6)


@given(rates(least_right=1), st.integers(1, 100))
def test_less_evidence_about_the_teacher_never_raises_the_lower_end(student: Rate, right: int) -> None:
    little, much = Rate(right, right + 10), Rate(10 * right, 10 * (right + 10))
    assert ratio_interval(student, little, 0.95).low <= ratio_interval(student, much, 0.95).low + 1e-9


def test_the_ratio_to_a_teacher_that_is_never_right_is_undefined() -> None:
    assert ratio(Rate(3, 10), Rate(0, 10)) is None
    with pytest.raises(ValueError, match="undefined"):
        ratio_interval(Rate(3, 10), Rate(0, 10), 0.95)


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        Rate(successes, n)
