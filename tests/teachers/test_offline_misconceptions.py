from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tutelage.teachers.offline.contexts import MisconceptionsContext
from tutelage.teachers.offline.misconceptions import answered, diagnose, misconceptions
from tutelage.teachers.offline.skills import LEVELS, SKILLS, Skill, solve

BOXES = "Sam has 20 pens and gets 3 boxes of 4 pens each. How many pens does Sam have now?"


@pytest.mark.parametrize(
    ("question", "response", "name"),
    [
        ("What is 47 + 38?", "Answer: 75", "forgets the carry"),
        ("What is 47 + 38?", "Answer: 70", "adds only the tens"),
        ("What is 52 - 38?", "Answer: 26", "takes the smaller digit from the larger"),
        ("What is 52 - 38?", "I get 24.", "forgets the borrow"),
        ("What is 47 x 6?", "Answer: 240", "multiplies only the tens"),
        ("What is 47 x 6?", "Answer: 53", "adds instead of multiplying"),
        ("What is 47 x 6?", "Answer: 272", "is off by ten"),
        ("What is 47 x 6?", "It is a large number.", "gives no number"),
        ("What is 47 x 6?", "Total: 282.\nAnswer: 47", "repeats a number of the question"),
        ("What is 47 x 6?", "Total: 282.\nAnswer: 900", "finds the result and answers another number"),
        ("How many minutes are 3 hours and 25 minutes?", "Answer: 180", "drops the minutes"),
        ("How many minutes are 3 hours and 25 minutes?", "Answer: 325", "takes an hour for 100 minutes"),
        (BOXES, "Answer: 12", "counts only the boxes"),
        (BOXES, "Answer: 27", "adds all the numbers"),
    ],
)
def test_a_known_slip_is_named(question: str, response: str, name: str) -> None:
    problem = solve(question)
    assert problem is not None
    found = diagnose(problem, response)
    assert found is not None
    assert found[0] == name


@pytest.mark.parametrize("response", ["Answer: 282", "Answer: 999"])
def test_a_right_answer_and_an_inexplicable_one_are_given_no_name(response: str) -> None:
    problem = solve("What is 47 x 6?")
    assert problem is not None
    assert diagnose(problem, response) is None


@pytest.mark.parametrize("skill", SKILLS.values(), ids=list(SKILLS))
def test_every_slip_can_be_recognised(skill: Skill) -> None:
    rng = Random(4)
    named = set()
    for slip in skill.slips:
        for draw in range(60):
            problem = skill.draw(rng, LEVELS[draw % 3])
            found = diagnose(problem, f"Answer: {slip.answer(problem.numbers)}")
            named.add(found[0] if found is not None else "")
    assert {slip.name for slip in skill.slips} <= named


def test_answers_are_grouped_by_misconception_the_commonest_first_and_the_unexplained_left_out() -> None:
    rows: list[dict[str, Any]] = [
        {"probe": "p1", "question": "What is 47 + 38?", "reference": "85", "response": "none"},
        {"probe": "p2", "question": "What is 47 + 38?", "reference": "85", "response": "Answer: 75"},
        {"probe": "p3", "question": "What is 56 + 27?", "reference": "83", "response": "Answer: 73"},
        {"probe": "p4", "question": "What is 56 + 27?", "reference": "83", "response": "Answer: 9999"},
        {"probe": "p5", "question": "Who was Euler?", "reference": "1", "response": "Answer: 75"},
    ]
    context = MisconceptionsContext.model_validate({"module": {"id": "number/addition"}, "wrong_answers": rows})
    found = misconceptions(context)["misconceptions"]
    assert [(one["name"], one["probes"]) for one in found] == [
        ("forgets the carry", ["p2", "p3"]), ("gives no number", ["p1"]),
    ]  # fmt: skip
    assert all(one["explanation"].endswith(".") for one in found)


@pytest.mark.parametrize(
    ("response", "number"),
    [
        ("Answer: 7", 7),
        ("3 + 4 = 7", 7),
        ("Answer: 1,200 pens and 3", 1200),
        ("Answer: 1\nAnswer: -2.", -2),
        ("Answer: none", None),
        ("", None),
        ("9" * 5000, int("9" * 18)),
    ],
)
def test_the_number_answered_with_is_read_as_a_grader_would(response: str, number: int | None) -> None:
    assert answered(response) == number
