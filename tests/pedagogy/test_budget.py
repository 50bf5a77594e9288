from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.budget import StudentBudget, round_share


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9))
def test_probes_cost_a_third_and_nothing_is_left_of_a_cap_that_is_passed(trained: int, probed: int, cap: int) -> None:
    budget = StudentBudget(trained, probed)
    assert 0 <= budget.spent - trained - probed / 3 < 1
    assert budget.left(cap) == max(0, cap - budget.spent)


@given(st.integers(1000, 10**6), st.integers(1, 12), st.booleans())
def test_rounds_that_each_take_their_share_spend_all_and_never_more(cap: int, rounds: int, grows: bool) -> None:
    left, taken = cap, []
    for number in range(1, rounds + 1):
        taken.append(round_share(left, number, rounds, grows=grows))
        left -= taken[-1]
    assert left == 0
    assert sorted(taken) == taken or max(taken) - min(taken) <= rounds
