from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from tutelage.pedagogy.records import Adaptation
from tutelage.teachers.offline.contexts import LessonsContext, NotUnderstood
from tutelage.teachers.offline.lessons import lesson_levels, lessons
from tutelage.teachers.offline.make_seeds import seed_rows
from tutelage.teachers.offline.skills import SKILLS, solve

ALL = pytest.mark.parametrize("module", list(SKILLS))


def order(module: str = "number/addition", **changes: Any) -> LessonsContext:
    settings = {
        "module": {"id": module, "name": "n", "difficulty": "introductory", "prerequisites": []},
        "kind": "core", "count": 30, "levels": [1, 2, 3],
        "seed_items": [{"id": "s1", "question": "q", "reference": "1", "level": 1}, {"id": "s2"}, {"id": "s3"}],
        "student": {"ratio": 0.2, "longest_chain": 1, "misconceptions": [], "wrong_answers": []},
    }  # fmt: skip
    return LessonsContext.model_validate(settings | changes)


def written(context: LessonsContext, seed: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lessons(context, Random(seed))["lessons"]
    return found


def wrong(question: str) -> dict[str, str]:
    return {"question": question, "reference": "0", "response": "?"}


@ALL
@pytest.mark.parametrize("kind", ["core", "remedial", "bridging"])
def test_lessons_are_right_distinct_exactly_as_many_and_spread_evenly(module: str, kind: str) -> None:
    found = written(order(module, kind=kind, count=60))
    assert len(found) == len({lesson["problem"] for lesson in found}) == 60
    assert Counter(lesson["level"] for lesson in found) == {1: 20, 2: 20, 3: 20}
    assert Counter(lesson["seed_item"] for lesson in found) == {"s1": 20, "s2": 20, "s3": 20}
    assert [lesson["level"] for lesson in found] == sorted(lesson["level"] for lesson in found)
    for lesson in found:
        problem = solve(lesson["problem"])
        assert problem is not None
        assert problem.skill == module
        assert lesson["final_answer"] == str(problem.working.answer)
        assert problem.level == lesson["level"]
        assert lesson["steps"] == list(problem.working.steps)
        Adaptation.model_validate(lesson["adaptation"])


@ALL
def test_no_lesson_repeats_a_seed_item(module: str) -> None:
    seeds = {row.question for row in seed_rows(SKILLS[module])}
    found = [lesson["problem"] for seed in range(5) for lesson in written(order(module, count=100), seed)]
    assert not seeds & set(found)


def test_the_same_order_gives_the_same_lessons_and_another_seed_others() -> None:
    assert written(order(), 1) == written(order(), 1)
    assert written(order(), 1) != written(order(), 2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"count": 5, "levels": [2]}, [2, 2, 2, 2, 2]),
        ({"count": 4, "levels": [3, 1]}, [1, 1, 3, 3]),
        ({"count": 3, "levels": [3, 1], "kind": "bridging"}, [1, 2, 3]),
        ({"count": 2, "levels": [1, 2, 3], "kind": "bridging"}, [1, 2]),
        ({"count": 3, "levels": None}, [1, 2, 3]),
        ({"count": 2, "levels": None, "kind": "remedial", "student": {}}, [1, 1]),
        ({"count": 2, "levels": None, "kind": "remedial", "student": {"longest_chain": 2}}, [1, 2]),
        ({"count": 2, "levels": None, "kind": "bridging", "student": {"longest_chain": 2}}, [2, 3]),
        ({"count": 2, "levels": None, "kind": "bridging", "student": {"longest_chain": 9}}, [3, 3]),
    ],
)
def test_levels_are_those_asked_for_smallest_first(changes: dict[str, Any], expected: list[int]) -> None:
    assert lesson_levels(order(**changes)) == expected


def test_remedial_lessons_look_for_what_the_student_got_wrong() -> None:
    student = {"wrong_answers": [wrong("What is 47 x 3?"), wrong("Calculate 58 x 3.")]}
    changes: dict[str, Any] = {"kind": "remedial", "levels": [2], "count": 40, "student": student}
    aimed = written(order("number/multiplication", **changes))
    free = written(order("number/multiplication", kind="core", levels=[2], count=40))
    hard = [sum("x 3" in lesson["problem"] for lesson in found) for found in (aimed, free)]
    assert hard[0] > hard[1] + 5


@pytest.mark.parametrize(
    ("module", "changes"),
    [
        ("number/multiplication", {"levels": [4]}),
        ("number/multiplication", {"levels": [0, 1]}),
        ("number/multiplication", {"levels": [1], "count": 500}),
        ("law/torts", {}),
    ],
)
def test_what_cannot_be_written_is_refused(module: str, changes: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        written(order(module, **changes))


def test_small_levels_are_written_out_to_the_last_problem_before_we_give_up() -> None:
    assert len(written(order("number/multiplication", levels=[3], count=180))) == 180
