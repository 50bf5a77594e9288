"""Graders of short answers: is this response right, by the reference and not by anyone's word. Pure, but for ``math``'s
helper process. ``grading.py`` knows all graders.

A response without anything to grade is ``unparseable``; a reference that cannot be read is an input error, raised
before the run spends anything, and never counted as a wrong answer.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Protocol

from tutelage.errors import ReferenceUnparseable
from tutelage.pedagogy.records import Grade
from tutelage.training.math_process import MathProcess

ANSWER_MARK = re.compile(r"answer\s*:", re.IGNORECASE)
# A sign counts where no operand stands before it: "-5" and "x = -5", not the 5 of "10-5".
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w.)])[-−+])?\$?(?P<whole>\d{1,3}(?:,\d{3})+(?!\d)|\d+|(?<!\w)(?=\.\d))(?P<decimals>\.\d+)?(?:/(?P<below>\d+))?"
)
# Far longer than any answer, and short enough that no input can make the arithmetic slow.
_MOST_CHARACTERS = 2000


class Grader(Protocol):
    """Grades responses against references. Safe between threads.

    Attributes:
        lanes: How many responses it grades at a time; 0 where one is graded in no time worth a thread.
    """

    @property
    def lanes(self) -> int:
        """How many at a time."""
        ...

    def check_reference(self, reference: str) -> None:
        """Raise ReferenceUnparseable if ``reference`` cannot be graded against."""
        ...

    def grade(self, response: str, reference: str) -> Grade:
        """Grade one response. Raises ReferenceUnparseable as ``check_reference`` does."""
        ...


def extract_answer(response: str) -> str:
    """The line that holds the answer: what follows the last "Answer:", else the last line. "" if there is none.

    An answer on the line below a bare "Answer:" counts; what a rambling student adds further down does not.
    """
    marks = list(ANSWER_MARK.finditer(response))
    if marks:
        lines = _lines(response[marks[-1].end() :])
        return lines[0] if lines else ""
    lines = _lines(response)
    return lines[-1] if lines else ""


def answer_text(response: str) -> str:
    """All that follows the last "Answer:", else the whole response: for answers that are longer than a line."""
    marks = list(ANSWER_MARK.finditer(response))
    return (response[marks[-1].end() :] if marks else response).strip()


class ExactGrader:
    """The extracted answer equals the reference, but for case and white space."""

    lanes = 0

    def check_reference(self, reference: str) -> None:
        """An empty reference matches nothing."""
        if not _fold(reference):
            raise unreadable(reference, "an exact answer")

    def grade(self, response: str, reference: str) -> Grade:
        """Compare the folded texts."""
        self.check_reference(reference)
        answer = _fold(extract_answer(response))
        if not answer:
            return "unparseable"
        return "right" if answer == _fold(reference) else "wrong"


class NumericGrader:
    """The answer's number equals the reference's, exactly: 0.5 and 1/2 are equal, 0.33 and 1/3 are not.

    Reads minus signs, decimals, thousands with commas, and fractions of whole numbers; a currency sign or a unit may
    stand around them. No exponents, no percent.
    """

    lanes = 0

    def check_reference(self, reference: str) -> None:
        """The reference must be one number and nothing but a unit."""
        self._reference(reference)

    def grade(self, response: str, reference: str) -> Grade:
        """Compare the first number after the last "Answer:", else the last number of the response."""
        expected = self._reference(reference)
        found = answer_number(response)
        if found is None:
            return "unparseable"
        return "right" if found == expected else "wrong"

    def _reference(self, reference: str) -> Fraction:
        numbers = _numbers(reference)
        if len(numbers) != 1 or len(reference) > _MOST_CHARACTERS:
            raise unreadable(reference, "a number")
        return numbers[0]


class MathGrader:
    """The answer is mathematically equal to the reference, by math-verify, in a helper process with a time-out."""

    lanes = 1

    def __init__(self) -> None:
        self._process = MathProcess()
        self._readable: set[str] = set()

    def check_reference(self, reference: str) -> None:
        """The reference must be an expression that math-verify reads."""
        if reference in self._readable:  # the same few answer many items, and every grade asks again
            return
        if len(reference) > _MOST_CHARACTERS or not self._process.readable(reference):
            raise unreadable(reference, "a mathematical expression")
        self._readable.add(reference)

    def grade(self, response: str, reference: str) -> Grade:
        """Compare what follows the last "Answer:", else the whole response's end."""
        self.check_reference(reference)
        answer = extract_answer(response) if ANSWER_MARK.search(response) else response
        return self._process.compare(answer[-_MOST_CHARACTERS:], reference)


def answer_number(response: str) -> Fraction | None:
    """The number that a response gives as its answer. None if it gives none.

    After the last "Answer:" the first number counts, or the one that an equation there comes to ("12 + 34 = 46");
    without an "Answer:", the last number of the response.
    """
    marks = list(ANSWER_MARK.finditer(response))
    if marks:
        rest = response[marks[-1].end() :][:_MOST_CHARACTERS]
        line = next(iter(_lines(rest)), "")
        numbers = _numbers(line.rpartition("=")[2]) or _numbers(rest)
        return numbers[0] if numbers else None
    numbers = _numbers(response[-_MOST_CHARACTERS:])
    return numbers[-1] if numbers else None


def _numbers(text: str) -> list[Fraction]:
    found = []
    for match in _NUMBER.finditer(text):
        below = int(match["below"] or 1)
        if below == 0:
            continue
        value = Fraction(match["whole"].replace(",", "") + (match["decimals"] or "")) / below
        found.append(-value if match["sign"] in ("-", "−") else value)
    return found


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def unreadable(reference: str, kind: str) -> ReferenceUnparseable:
    """The error of a reference that its grader cannot use."""
    return ReferenceUnparseable(
        f"reference {reference[:80]!r} is not {kind}", do="correct the reference or choose another grader"
    )
