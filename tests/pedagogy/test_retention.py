"""How far a round may move a student: the less, the more it knew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.retention import interpolation

SHARES = st.floats(min_value=0, max_value=1)
KNOWN = st.dictionaries(st.text(min_size=1, max_size=3), SHARES, min_size=1, max_size=9)
RETENTION = st.floats(min_value=0, max_value=0.99)


@pytest.mark.parametrize(
    ("known", "share"), [({}, 1.0), ({"a": 0.0, "b": 0.0}, 1.0), ({"a": 1.0, "b": 0.0}, 0.75), ({"a": 1.0}, 0.5)]
)
def test_half_of_the_change_is_taken_back_from_a_student_that_knew_all_and_less_from_one_that_knew_less(
    known: dict[str, float], share: float
) -> None:
    assert interpolation(known, 0.5) == share


@given(KNOWN, RETENTION)
def test_some_of_every_round_is_kept_and_no_more_than_all(known: dict[str, float], retention: float) -> None:
    assert 0 < interpolation(known, retention) <= 1


@given(KNOWN, RETENTION, SHARES)
def test_a_student_that_knows_a_module_better_is_moved_no_further(
    known: dict[str, float], retention: float, more: float
) -> None:
    module = min(known)
    better = known | {module: max(known[module], more)}
    assert interpolation(better, retention) <= interpolation(known, retention) + 1e-12
