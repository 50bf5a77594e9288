from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.mastery import (
    Evidence,
    GatePolicy,
    Verdict,
    frontier,
    has_regressed,
    judge,
    look,
    next_step,
    stage_mastered,
)  # fmt: skip
from tutelage.pedagogy.rates import Rate

POLICY = GatePolicy()
PERFECT = Rate(100, 100)
verdicts: list[Verdict] = ["mastered", "remediate", "bridge", "stalled", "regressed"]


def evidence(right: int, n: int, teacher: Rate = PERFECT) -> Evidence:
    return Evidence("m", Rate(right, n), teacher)


@given(st.integers(1, 150).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(1, 60),
       st.lists(st.floats(0, 1.2), max_size=4))  # fmt: skip
def test_no_module_is_mastered_unless_its_whole_interval_reaches_the_threshold(
    student: tuple[int, int], teacher_right: int, earlier: list[float]
) -> None:
    seen = evidence(*student, teacher=Rate(teacher_right, 60))
    verdict = judge(seen, earlier, {}, POLICY)
    assert (verdict == "mastered") == (seen.interval(POLICY.confidence).low >= POLICY.threshold)


@given(st.dictionaries(st.text("abc", min_size=1), st.sampled_from(verdicts), min_size=1))
def test_no_stage_is_mastered_while_one_of_its_modules_is_not(found: dict[str, Verdict]) -> None:
    assert stage_mastered(found) == (set(found.values()) == {"mastered"})


def test_a_point_estimate_above_the_threshold_is_not_evidence() -> None:
    assert judge(evidence(29, 30), [], {}, POLICY) == "remediate"
    assert judge(evidence(70, 72), [], {}, POLICY) == "mastered"


def test_a_teacher_that_is_never_right_masters_nobody() -> None:
    assert judge(Evidence("m", Rate(9, 9), Rate(0, 9)), [], {}, POLICY) == "remediate"


def test_a_look_asks_for_more_items_only_while_they_can_change_the_decision() -> None:
    assert look(evidence(36, 36), 36, POLICY) == "mastered"
    assert look(evidence(35, 36), 36, POLICY) == "undecided"
    assert look(evidence(30, 36), 36, POLICY) == "failed"
    assert look(evidence(69, 72), 0, POLICY) == "failed"


def test_bridging_is_for_whoever_has_the_smaller_instances_in_hand() -> None:
    small, large = Rate(12, 12), Rate(3, 12)
    assert judge(evidence(15, 24), [], {1: small, 2: large}, POLICY) == "bridge"
    assert judge(evidence(15, 24), [], {1: large, 2: small}, POLICY) == "remediate"
    assert frontier({1: small, 2: large}, PERFECT, 0.9) == 2
    assert frontier({1: small}, PERFECT, 0.9) is None


def test_attempts_run_out() -> None:
    assert judge(evidence(20, 36), [0.1, 0.2], {}, POLICY) == "remediate"
    assert judge(evidence(20, 36), [0.1, 0.2, 0.3], {}, POLICY) == "stalled"


def test_patience_runs_out_before_attempts_when_nothing_gets_better() -> None:
    patient = GatePolicy(attempts=10, patience=2)
    assert judge(evidence(18, 36), [0.6, 0.5], {}, patient) == "stalled"
    assert judge(evidence(30, 36), [0.6, 0.5], {}, patient) == "remediate"


def test_a_fall_is_called_a_regression_only_on_evidence() -> None:
    assert has_regressed(evidence(6, 12), POLICY)
    assert not has_regressed(evidence(10, 12), POLICY)


@pytest.mark.parametrize(("a", "b"), list(product(verdicts, verdicts)))
def test_the_next_step_follows_from_the_verdicts(a: Verdict, b: Verdict) -> None:
    step = next_step([a, b], rounds_left=True)
    if "regressed" in (a, b):
        assert step == "rollback"
    elif {"mastered", "stalled"} & {a, b}:
        assert step == "plan"
    else:
        assert step == "tutor"
    more = next_step([a, b], rounds_left=True, more_ready=True)
    assert more == ("rollback" if "regressed" in (a, b) else "plan")
    assert next_step([a, b], rounds_left=False) == ("rollback" if "regressed" in (a, b) else "graduate")


def test_a_threshold_outside_its_range_is_refused() -> None:
    for wrong in (0, -0.1, 1.01):
        with pytest.raises(ValueError, match="threshold"):
            GatePolicy(threshold=wrong)
