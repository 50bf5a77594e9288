import pytest

from tutelage.pedagogy.gap import Diagnosis, gap
from tutelage.pedagogy.rates import Rate


def test_the_gap_is_the_share_of_the_teachers_rate_that_the_student_lacks() -> None:
    assert gap(Rate(3, 10), Rate(6, 10)) == pytest.approx(0.5)
    assert gap(Rate(9, 10), Rate(6, 10)) == pytest.approx(-0.5)


def test_a_gap_at_the_threshold_is_not_deficient_and_one_above_it_is() -> None:
    assert Diagnosis("m", Rate(7, 10), Rate(10, 10)).standing(0.3 + 1e-12) == "known"
    assert Diagnosis("m", Rate(6, 10), Rate(10, 10)).standing(0.3) == "deficient"


def test_a_module_its_teacher_cannot_do_is_excluded_whatever_the_student_does() -> None:
    assert gap(Rate(5, 10), Rate(0, 10)) is None
    assert Diagnosis("m", Rate(0, 10), Rate(0, 10)).standing(0.3) == "excluded"
