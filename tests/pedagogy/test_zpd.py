import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.zpd import Help, ZpdRule, difficulty, split_stage, step_within_zone, within_reach

TEACHER = dict.fromkeys("abcdef", 1.0)


def test_difficulty_is_what_is_missing_of_the_teachers_rate() -> None:
    assert difficulty(0.4, 0.8) == pytest.approx(0.5)
    assert difficulty(0.9, 0.8) == 0.0
    with pytest.raises(ValueError, match="undefined"):
        difficulty(0.0, 0.0)


def test_a_cliff_passes_the_printed_equation_8_and_not_ours() -> None:
    student = {"a": 0.80, "b": 0.05}
    assert step_within_zone("a", "b", student, TEACHER, rule="paper")
    assert not step_within_zone("a", "b", student, TEACHER, rule="difficulty")


def test_the_printed_equation_8_bounds_a_step_to_something_easier() -> None:
    assert not step_within_zone("a", "b", {"a": 0.5, "b": 0.9}, TEACHER, rule="paper")
    assert step_within_zone("a", "b", {"a": 0.5, "b": 0.9}, TEACHER, rule="difficulty")


def test_a_step_of_exactly_the_limit_is_within() -> None:
    assert step_within_zone("a", "b", {"a": 1.0, "b": 0.75}, TEACHER, limit=0.25)


def test_with_nothing_in_hand_the_first_step_is_within() -> None:
    assert step_within_zone("", "a", {"a": 0.0}, TEACHER)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1), min_size=1), st.sampled_from(["paper", "difficulty"])
)
def test_splitting_a_stage_loses_and_doubles_no_module(student: dict[str, float], rule: ZpdRule) -> None:
    current = sorted(student)[:1]
    stage = sorted(student)[1:]
    parts = split_stage(stage, current, student, TEACHER, rule=rule)
    assert sorted(m for part in parts for m in part) == stage
    assert all(parts)


def test_a_stage_is_split_where_that_brings_a_part_within_the_zone() -> None:
    student = {"a": 1.0, "b": 0.9, "c": 0.1}
    assert split_stage("bc", "a", student, TEACHER) == (("b",), ("c",))


def test_a_stage_that_no_split_helps_stays_together() -> None:
    student = {"a": 1.0, "b": 0.0, "c": 0.0}
    assert split_stage("bc", "a", student, TEACHER) == (("b", "c"),)


def test_the_direct_zone_is_what_the_student_can_do_only_with_help() -> None:
    helped = {"near": Help(failed=10, solved=3), "far": Help(failed=10, solved=2), "known": Help(failed=0, solved=0)}
    assert within_reach(["far", "known", "near", "unmeasured"], helped, least=0.3) == ("known", "near", "unmeasured")
