import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pedagogy.lessons import lesson
from tutelage.pedagogy.lesson import completion, lessons_wanted, levels_for
from tutelage.pedagogy.records import LessonKind

KINDS = st.sampled_from(("core", "remedial", "bridging"))
LEVELS = st.sets(st.integers(1, 9), min_size=1)
RATIOS = st.floats(0, 3)


@given(st.integers(1, 500), st.one_of(st.none(), RATIOS))
def test_a_round_is_between_two_fifths_and_the_whole_of_a_full_one(examples: int, ratio: float | None) -> None:
    assert 2 * examples / 5 <= lessons_wanted(examples, ratio) <= examples


@given(st.integers(1, 500), st.floats(0, 0.5))
def test_an_unmeasured_round_is_full_and_so_is_that_of_a_student_with_half_in_hand_or_less(
    examples: int, ratio: float
) -> None:
    assert lessons_wanted(examples, ratio) == examples
    assert lessons_wanted(examples, None) == examples


@given(st.integers(1, 500), RATIOS, RATIOS)
def test_a_better_student_never_gets_more_lessons(examples: int, one: float, other: float) -> None:
    worse, better = sorted((one, other))
    assert lessons_wanted(examples, better) <= lessons_wanted(examples, worse)


@given(KINDS, LEVELS, st.one_of(st.none(), st.integers(0, 10)))
def test_lessons_draw_from_known_levels_in_teaching_order(kind: LessonKind, known: set[int], edge: int | None) -> None:
    levels = levels_for(kind, sorted(known, reverse=True), edge)
    assert levels
    assert set(levels) <= known
    assert list(levels) == sorted(levels)


@given(LEVELS, st.integers(1, 10))
def test_bridging_goes_up_to_the_top_from_the_last_level_in_hand_and_skips_none(known: set[int], edge: int) -> None:
    levels = levels_for("bridging", tuple(known), edge)
    assert levels is not None
    below = [level for level in known if level < edge]
    assert levels[0] == (max(below) if below else min(known))
    assert levels == tuple(level for level in sorted(known) if level >= levels[0])


@given(LEVELS, st.integers(1, 10))
def test_remedial_lessons_break_no_new_ground(known: set[int], edge: int) -> None:
    levels = levels_for("remedial", tuple(known), edge)
    assert levels is not None
    assert levels[0] == min(known)
    assert all(level <= edge for level in levels) or levels == (min(known),)


@pytest.mark.parametrize("kind", ["core", "remedial", "bridging"])
def test_a_domain_without_levels_orders_none(kind: LessonKind) -> None:
    assert levels_for(kind, (), 2) is None


def test_core_lessons_and_those_without_an_edge_take_every_level() -> None:
    assert levels_for("core", (3, 1, 2), 2) == (1, 2, 3)
    assert levels_for("remedial", (3, 1, 2), None) == (1, 2, 3)


def test_a_completion_is_the_steps_and_the_line_that_graders_read() -> None:
    assert completion(lesson(steps=("3 + 4 = 7", "7 + 1 = 8"), answer="8")) == "3 + 4 = 7\n7 + 1 = 8\nAnswer: 8"


def test_two_fifths_are_rounded_up() -> None:
    assert lessons_wanted(1, 1.0) == 1
    assert lessons_wanted(7, 1.0) == math.ceil(2.8)
