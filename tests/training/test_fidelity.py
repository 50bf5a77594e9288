from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.errors import AdapterNotServed, ServedOtherwise, StudentServerError
from tutelage.training.fidelity import TOLERANCE, Fingerprint, check_fidelity

TAUGHT, UNTAUGHT = (-0.1, -0.2, -0.3), (-1.1, -2.2, -0.9)
KNOWN = Fingerprint(tokens=(1, 2, 3, 4), untaught=UNTAUGHT, taught=TAUGHT)
BASE = Fingerprint(tokens=(1, 2, 3, 4), untaught=UNTAUGHT, taught=UNTAUGHT)


@given(noise=st.lists(st.floats(-TOLERANCE, TOLERANCE), min_size=3, max_size=3))
def test_an_engine_within_the_tolerance_passes_and_its_distance_is_said(noise: list[float]) -> None:
    served = [a + b for a, b in zip(TAUGHT, noise, strict=True)]
    assert check_fidelity(served, KNOWN, "url") <= TOLERANCE + 1e-9


@given(noise=st.lists(st.floats(-0.1, 0.1), min_size=3, max_size=3))
def test_the_untaught_students_log_probabilities_are_an_adapter_that_is_not_there(noise: list[float]) -> None:
    served = [a + b for a, b in zip(UNTAUGHT, noise, strict=True)]
    with pytest.raises(AdapterNotServed, match="as the untaught student"):
        check_fidelity(served, KNOWN, "url")


def test_without_an_adapter_the_base_is_what_must_be_served() -> None:
    assert check_fidelity(UNTAUGHT, BASE, "url") == 0
    with pytest.raises(ServedOtherwise):
        check_fidelity(TAUGHT, BASE, "url")


@pytest.mark.parametrize("served", [(-0.1, -0.2), (), (math.nan, -0.2, -0.3), (-math.inf, -0.2, -0.3)])
def test_what_is_no_set_of_log_probabilities_never_passes(served: tuple[float, ...]) -> None:
    for known in (KNOWN, BASE):
        with pytest.raises(StudentServerError):
            check_fidelity(served, known, "url")


def test_an_adapter_too_weak_to_be_told_from_the_base_is_not_taken_on_trust() -> None:
    weak = Fingerprint(tokens=(1, 2, 3, 4), untaught=(-0.1, -0.2, -0.31), taught=TAUGHT)
    with pytest.raises(AdapterNotServed, match="changes so little"):
        check_fidelity((-0.102, -0.202, -0.302), weak, "url")
    assert check_fidelity(TAUGHT, weak, "url") == 0
