from __future__ import annotations

import pytest

from tutelage.errors import ReferenceUnparseable
from tutelage.training.grading import grader
from tutelage.training.rouge import RougeGrader

REFERENCE = "The heart pumps blood through the body."


@pytest.mark.parametrize(
    ("response", "score"),
    [
        (REFERENCE, 1.0),
        ("THE HEART pumps blood, through the body", 1.0),
        ("The heart pumped blood through the bodies", 1.0),
        ("The heart pumps blood", 2 * 1.0 * (4 / 7) / (1.0 + 4 / 7)),
        ("body the through blood pumps heart the", 3 / 7),
        ("Cars need petrol", 0.0),
    ],
)
def test_the_score_is_the_f1_of_the_longest_common_subsequence(response: str, score: float) -> None:
    assert RougeGrader(0.4).score(response, REFERENCE) == pytest.approx(score, abs=1e-6)


def test_what_counts_as_right_is_the_domains_to_say() -> None:
    response = "The heart pumps blood"
    assert grader("rouge", None, 0.5).grade(response, REFERENCE) == "right"
    assert grader("rouge", None, 0.8).grade(response, REFERENCE) == "wrong"
    assert grader("rouge").grade("...", REFERENCE) == "unparseable"


def test_steps_before_the_answer_are_no_part_of_it() -> None:
    steps = "First I think of what a heart is, at great length and in many words that are not asked for. " * 3
    assert grader("rouge").grade(f"{steps}\nAnswer: {REFERENCE}", REFERENCE) == "right"


def test_a_very_long_response_takes_no_long_time() -> None:
    assert grader("rouge").grade("the body " * 1_000_000, REFERENCE) == "wrong"


def test_a_reference_without_words_is_an_input_error() -> None:
    with pytest.raises(ReferenceUnparseable):
        grader("rouge").check_reference(" - ")
