from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.pools import content_hash
from tutelage.pedagogy.profile import build_profile, by_level, measured
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt, Grade, Item, Misconception

GRADES: tuple[Grade, ...] = ("right", "wrong", "unparseable")


def item(name: str, level: int | None) -> Item:
    question = f"question {name}"
    return Item(
        id=name, module="m", pool="diagnostic", question=question, reference="1", sha256=content_hash(question),
        level=level,
    )  # fmt: skip


def attempt(probe: str, grade: Grade) -> Attempt:
    return Attempt(
        probe=probe, model="base", endpoint="local", role="student", round=0, response=f"said {probe}", grade=grade,
        truncated=False,
    )  # fmt: skip


@st.composite
def answered(draw: st.DrawFn) -> tuple[dict[str, Item], list[Attempt]]:
    rows = draw(st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 4)), st.sampled_from(GRADES)), min_size=1))
    items = {f"p{n:03d}": item(f"p{n:03d}", level) for n, (level, _) in enumerate(rows)}
    return items, [attempt(name, grade) for name, (_, grade) in zip(items, rows, strict=True)]


def profile_of(levels: Sequence[int | None], grades: Sequence[Grade], teacher: Rate) -> tuple[float, int | None]:
    items = {str(n): item(str(n), level) for n, level in enumerate(levels)}
    found = build_profile("m", items, [attempt(str(n), grade) for n, grade in enumerate(grades)], teacher)
    return found.rate, found.longest_chain


def test_an_unparseable_answer_is_not_right_and_still_counts() -> None:
    assert measured([attempt("a", "right"), attempt("b", "wrong"), attempt("c", "unparseable")]) == Rate(1, 3)


def test_nothing_answered_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="not a rate"):
        measured([])


@given(answered())
def test_levels_add_up_to_the_items_that_have_one(data: tuple[dict[str, Item], list[Attempt]]) -> None:
    items, attempts = data
    found = by_level(items, attempts)
    leveled = [a for a in attempts if items[a.probe].level is not None]
    assert sum(rate.n for rate in found.values()) == len(leveled)
    assert sum(rate.successes for rate in found.values()) == sum(a.grade == "right" for a in leveled)
    assert list(found) == sorted(found)


@given(answered(), st.integers(0, 10))
def test_a_profile_shows_at_most_so_many_wrong_answers_smallest_first(
    data: tuple[dict[str, Item], list[Attempt]], shown: int
) -> None:
    items, attempts = data
    profile = build_profile("m", items, attempts, Rate(1, 1), shown=shown)
    wrong = [a.probe for a in attempts if a.grade != "right"]
    assert len(profile.wrong_answers) == min(shown, len(wrong))
    assert {w.probe for w in profile.wrong_answers} <= set(wrong)
    levels = [w.level or 0 for w in profile.wrong_answers]
    assert levels == sorted(levels)
    assert profile.rate == profile.ratio == measured(attempts).value


def test_a_wrong_answer_keeps_its_question_its_reference_and_what_was_said() -> None:
    profile = build_profile("m", {"a": item("a", 2)}, [attempt("a", "wrong")], Rate(1, 1))
    (wrong,) = profile.wrong_answers
    assert (wrong.question, wrong.reference, wrong.response, wrong.level) == ("question a", "1", "said a", 2)


def test_the_longest_chain_is_the_highest_level_solved_more_often_than_not() -> None:
    grades: tuple[Grade, ...] = ("right", "right", "right", "wrong", "right", "wrong")
    assert profile_of((1, 1, 2, 3, 4, 4), grades, Rate(1, 1)) == (4 / 6, 2)
    assert profile_of((None, None), ("right", "right"), Rate(1, 1)) == (1.0, None)


def test_a_teacher_that_is_never_right_leaves_no_ratio() -> None:
    profile = build_profile("m", {"a": item("a", 1)}, [attempt("a", "right")], Rate(0, 5))
    assert profile.ratio is None


def test_misconceptions_are_carried_along() -> None:
    named = Misconception(name="forgets to carry", explanation="drops the ten", probes=("a",))
    profile = build_profile("m", {"a": item("a", 1)}, [attempt("a", "wrong")], Rate(1, 1), [named])
    assert profile.misconceptions == (named,)
