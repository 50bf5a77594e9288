"""What a right answer teaches, by the grader that found it right."""

from __future__ import annotations

import pytest

from tutelage.graph.solutions import solution_in
from tutelage.pedagogy.records import Solution

DOUBLE = "def double(x):\n    return x * 2"
TESTS = "assert double(4) == 8"


@pytest.mark.parametrize(
    ("grader", "response", "reference", "expected"),
    [
        ("numeric", "2 + 2 = 4\nAnswer: 4.0", "4", ("2 + 2 = 4", "4", "")),
        ("exact", "Paris", "Paris", ("Paris", "Paris", "")),
        ("choice", "A is too small.\nAnswer: b", "B", ("A is too small.", "B", "")),
        ("code", f"It doubles.\nAnswer: {DOUBLE}", TESTS, ("It doubles.", DOUBLE, TESTS)),
        ("code", f"Here it is:\n```python\n{DOUBLE}\n```", TESTS, ("", DOUBLE, TESTS)),
        ("rouge", "It says yes.\nAnswer: Yes, always.", "yes", ("It says yes.", "Yes, always.", "")),
        ("judge", "Yes, and no.", "yes", ("", "Yes, and no.", "")),
        ("judge", "Yes.", "Yes.", ("", "Yes.", "")),
    ],
)
def test_what_is_taught_is_what_was_answered(
    grader: str, response: str, reference: str, expected: tuple[str, str, str]
) -> None:
    steps, answer, tests = expected
    found = solution_in(grader, response, reference)
    assert found.final_answer.strip() == answer
    assert found == Solution(steps=tuple(steps.splitlines()), final_answer=found.final_answer, verification=tests)
