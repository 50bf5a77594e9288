"""A right answer to a seed item, as the solution of a lesson."""

from __future__ import annotations

from tutelage.pedagogy.records import Solution
from tutelage.training.code_text import answer_code
from tutelage.training.graders import ANSWER_MARK, answer_text

_WHOLE = ("rouge", "judge")
"""Graders by whose references many other answers are as right."""


def solution_in(grader: str, response: str, reference: str) -> Solution:
    """What stands before the answer of a right response, and the answer: its program, its text, or a bare value.

    Args:
        grader: Of the domain, that found the response right.
        response: Of a student or a teacher.
        reference: Of the item. A program is verified by the tests in it; a bare value is equal to it, and taught as it
            is written there.
    """
    marks = list(ANSWER_MARK.finditer(response))
    before, answer, tests = response[: marks[-1].start()] if marks else response, reference, ""
    if grader == "code":
        answer, tests = answer_code(response) or response, reference
    elif grader in _WHOLE:
        answer = answer_text(response)
    if not marks and (grader == "code" or grader in _WHOLE):
        before = ""  # all of it is the answer
    return Solution(steps=tuple(before.strip().splitlines()), final_answer=answer, verification=tests)
