"""The gate's stated false-pass rate holds in simulation; the paper's rule on the same students does not hold it."""

import random

import pytest

from tutelage.pedagogy.mastery import GatePolicy
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.simulation import our_gate, paper_gate

POLICY = GatePolicy()
STUDENTS = 4000


def at_most(rate: Rate, bound: float) -> bool:
    """Whether the simulated rate is compatible with a true rate of at most ``bound``."""
    return rate.interval(0.99).low <= bound


@pytest.mark.parametrize("true_ratio", [0.80, 0.85, 0.88, 0.899])
def test_fresh_item_gating_holds_its_stated_false_pass_rate(true_ratio: float) -> None:
    simulated = our_gate(true_ratio, POLICY, STUDENTS, random.Random(1))
    assert at_most(simulated.passed, POLICY.false_pass_bound)


def test_a_student_clearly_below_the_threshold_hardly_ever_passes() -> None:
    assert our_gate(0.80, POLICY, STUDENTS, random.Random(2)).passed.value < 0.01


def test_the_papers_rule_passes_most_unready_students_sooner_or_later() -> None:
    paper = paper_gate(0.80, POLICY.threshold, 6, POLICY.attempts, STUDENTS, random.Random(3))
    ours = our_gate(0.80, POLICY, STUDENTS, random.Random(3))
    assert paper.passed.value > 0.5
    assert ours.passed.value < paper.passed.value / 10


def test_a_single_attempt_of_the_papers_rule_passes_a_quarter_of_students_at_080() -> None:
    paper = paper_gate(0.80, 0.9, 6, 1, STUDENTS, random.Random(4))
    assert paper.passed.value == pytest.approx(0.8**6, abs=0.03)


def test_a_ready_student_is_let_through() -> None:
    assert our_gate(0.98, POLICY, STUDENTS, random.Random(5)).passed.value > 0.95
