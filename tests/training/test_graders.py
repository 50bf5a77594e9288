from __future__ import annotations

from fractions import Fraction

import pytest

from tutelage.errors import ReferenceUnparseable
from tutelage.training.graders import answer_number, extract_answer
from tutelage.training.grading import grader


@pytest.mark.parametrize(
    ("response", "number"),
    [
        ("Answer: 42", 42),
        ("**Answer:** 42 apples in 3 boxes", 42),
        ("Answer: 1\nNo, wait.\nanswer : 2", 2),
        ("Hours: 5 x 60 = 300.\nTotal: 300 + 7 = 307.", 307),
        ("It is 1,234,567.", 1234567),
        ("1,2,3", 3),
        ("x = -5", -5),
        ("x = −5", -5),
        ("10-5", 5),
        ("12 - 5", 5),
        ("it costs $12.50 in all", Fraction(25, 2)),
        ("Answer: 3/4", Fraction(3, 4)),
        ("Answer: -.5", Fraction(-1, 2)),
        ("Answer: forty-two (41 + 1)", 41),
        ("Answer: 1/0", None),
        ("Answer: I do not know", None),
        ("no idea", None),
        ("", None),
        ("5 apples. Answer:", None),
    ],
)
def test_the_answer_number_is_read(response: str, number: int | Fraction | None) -> None:
    assert answer_number(response) == number


@pytest.mark.parametrize(
    ("response", "reference", "grade"),
    [
        ("Answer: 0.5", "1/2", "right"),
        ("Answer: 0.33", "1/3", "wrong"),
        ("Answer: 1,000", "1000 days", "right"),
        ("Answer: 307.0", "307", "right"),
        ("Answer: 306", "307", "wrong"),
        ("I do not know", "307", "unparseable"),
    ],
)
def test_numbers_are_compared_exactly(response: str, reference: str, grade: str) -> None:
    assert grader("numeric").grade(response, reference) == grade


@pytest.mark.parametrize("reference", ["", "forty-two", "3 or 4", "9" * 3000])
def test_a_reference_that_is_not_one_number_is_an_input_error(reference: str) -> None:
    with pytest.raises(ReferenceUnparseable):
        grader("numeric").check_reference(reference)
    with pytest.raises(ReferenceUnparseable):
        grader("numeric").grade("Answer: 3", reference)


def test_a_response_of_any_length_is_graded_in_time() -> None:
    assert grader("numeric").grade("7" * 1_000_000, "7") == "wrong"
    assert grader("numeric").grade("Answer: " + "7" * 1_000_000, "7") == "wrong"


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("Steps.\nAnswer: Tuesday", "Tuesday"),
        ("Steps.\nAnswer:\n\n  Tuesday\nand more", "Tuesday"),
        ("Steps.\nTuesday\n\n", "Tuesday"),
        ("Answer:", ""),
        (" \n", ""),
    ],
)
def test_the_answer_line_is_extracted(response: str, answer: str) -> None:
    assert extract_answer(response) == answer


@pytest.mark.parametrize(
    ("response", "grade"),
    [("Answer:  new   YORK", "right"), ("New York", "right"), ("Answer: York", "wrong"), ("", "unparseable")],
)
def test_exact_ignores_case_and_white_space_only(response: str, grade: str) -> None:
    assert grader("exact").grade(response, "New York") == grade


def test_an_empty_exact_reference_is_an_input_error() -> None:
    with pytest.raises(ReferenceUnparseable):
        grader("exact").grade("Answer: x", "  ")


@pytest.mark.parametrize(
    ("response", "reference", "grade"),
    [
        ("Answer: $\\frac{2}{4}$", "1/2", "right"),
        ("So $x = \\boxed{2\\sqrt{2}}$", "\\sqrt{8}", "right"),
        ("Answer: x^2 + 2x + 1", "(x+1)^2", "right"),
        ("Answer: x^2 + 1", "1", "wrong"),
        ("Answer: 5 apples", "5", "right"),
        ("Answer: 3", "4", "wrong"),
        ("I do not know", "4", "unparseable"),
        (r"She goes \(8 \text{ km/h} \times 5 \text{ hours} = 40 \text{ km}\).", "40", "right"),
        (r"She goes \(8 \text{ km/h} \times 5 \text{ hours} = 41 \text{ km}\).", "40", "wrong"),
        (r"It is \(30 \text{ or } 40\).", "3040", "wrong"),
    ],
)
def test_mathematics_is_compared_by_value(response: str, reference: str, grade: str) -> None:
    assert grader("math").grade(response, reference) == grade


@pytest.mark.parametrize("reference", ["", "hello there", "1" * 2001])
def test_a_reference_that_is_no_mathematics_is_an_input_error(reference: str) -> None:
    with pytest.raises(ReferenceUnparseable):
        grader("math").check_reference(reference)
    with pytest.raises(ReferenceUnparseable):
        grader("math").grade("Answer: 3", reference)
