from __future__ import annotations

import pytest

from tutelage.errors import ReferenceUnparseable
from tutelage.training.choice import letters
from tutelage.training.grading import grader


@pytest.mark.parametrize(
    ("response", "found"),
    [
        ("Answer: B", "B"),
        ("B", "B"),
        ("b", "B"),
        ("(B)", "B"),
        ("B.", "B"),
        ("B) Paris", "B"),
        ("**B**", "B"),
        ("Answer: **B. Paris**", "B"),
        ("Answer: (b)", "B"),
        ("Answer: \\boxed{B}", "B"),
        ("Answer: $\\boxed{\\text{B}}$", "B"),
        ("The answer is B.", "B"),
        ("I think the correct option is (C), because A is too small.", "C"),
        ("A is wrong, since 3 > 2.\nB is too large.\nSo the answer is C", "C"),
        ("Answer: B, not A", "B"),
        ("Answer: B because A is a metal", "B"),
        ("Answer: A because it is the largest", "A"),
        ("Answer: D\nAnswer: A", "A"),
        ("Answer: Option D", "D"),
        ("First I look at A.\nThen at B.\nD", "D"),
        ("Answer: A or B", "AB"),
        ("Answer: A, B and C", "ABC"),
        ("Answer: A cat is an animal", ""),
        ("Answer: I do not know", ""),
        ("It cannot be said.", ""),
        ("", ""),
        ("Answer:", ""),
        ("Answer: Because", ""),
        ("Answer: vitamin C", "C"),
    ],
)
def test_the_letter_that_a_response_settles_on_is_read(response: str, found: str) -> None:
    assert letters(response) == set(found)


@pytest.mark.parametrize(
    ("response", "reference", "grade"),
    [
        ("Answer: C", "C", "right"),
        ("Answer: c", "(C)", "right"),
        ("Answer: B", "C", "wrong"),
        ("Answer: C or D", "C", "wrong"),
        ("no idea", "C", "unparseable"),
    ],
)
def test_a_choice_is_graded_by_its_letter(response: str, reference: str, grade: str) -> None:
    assert grader("choice").grade(response, reference) == grade


@pytest.mark.parametrize("reference", ["", "Paris", "AB", "K", "2"])
def test_a_reference_that_is_no_letter_is_an_input_error(reference: str) -> None:
    with pytest.raises(ReferenceUnparseable):
        grader("choice").check_reference(reference)


def test_a_very_long_response_is_graded_by_its_end() -> None:
    assert grader("choice").grade("word A " * 200_000 + "\nAnswer: B", "B") == "right"
