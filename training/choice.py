"""Multiple choice: the letter that a response settles on."""

from __future__ import annotations

import re

from tutelage.pedagogy.records import Grade
from tutelage.training.graders import ANSWER_MARK, extract_answer, unreadable

# A letter that stands alone, as "(B)", "B.", "**B**" or "\boxed{B}". "A" and "I" may be words.
_LETTER = re.compile(
    r"(?<![A-Za-z0-9'])(?:\\boxed\{)?(?:\\text\{)?[(\[*_`\"]*(?P<letter>[A-Ja-j])[)\]*_`\"}.,:;]*(?![A-Za-z0-9'])"
)
_DECORATED = re.compile(r"[()\[\]*_`{}.:]")
_SAID = re.compile(r"(?:answer|option|choice)\b(?:\s+(?:is|would be|should be))?\s*:?\s*", re.IGNORECASE)
_MOST_CHARACTERS = 4000


class ChoiceGrader:
    """The letter of the answer is the reference's. Two letters are no choice, and so wrong."""

    lanes = 0

    def check_reference(self, reference: str) -> None:
        """The reference must be one letter from A to J."""
        self._reference(reference)

    def grade(self, response: str, reference: str) -> Grade:
        """Compare the letter that the response settles on."""
        expected = self._reference(reference)
        found = letters(response)
        if not found:
            return "unparseable"
        return "right" if found == {expected} else "wrong"

    def _reference(self, reference: str) -> str:
        letter = reference.strip().strip("().").upper()
        if not re.fullmatch("[A-J]", letter):
            raise unreadable(reference, "one letter from A to J")
        return letter


def letters(response: str) -> set[str]:
    """The letters that a response settles on: of the answer line, else of the last "the answer is", else of its end."""
    text = response[-_MOST_CHARACTERS:]
    if ANSWER_MARK.search(text):
        return _letters(extract_answer(text))
    for match in reversed(list(_SAID.finditer(text))):
        if found := _leading(text[match.end() :]):
            return {found}
    return _letters(extract_answer(text))


def _letters(line: str) -> set[str]:
    if first := _leading(line):
        others = _standing(line) - {first}
        # "B, not A" and "B. Because A is ..." settle on B; "A or B" and "A and B" on nothing.
        return {first} | others if re.match(r"\W*[A-Ja-j]\W*\s*(?:or|and|/|,\s*[A-J]\b|&)", line) else {first}
    return _standing(line)


def _leading(line: str) -> str | None:
    """The letter that a line begins with, unless it is a word of a sentence."""
    match = _LETTER.match(line.lstrip())
    if match is None:
        return None
    letter, rest = match["letter"], line.lstrip()[match.end() :]
    bare = not _DECORATED.search(match.group())
    if (
        bare
        and letter in "aAI"
        and re.match(r"\s+[a-z]", rest)
        and not re.match(r"\s+(?:or|and|because|since)\b", rest)
    ):
        return None
    return None if bare and letter.islower() and rest.strip() else letter.upper()


def _standing(line: str) -> set[str]:
    """Every letter that stands alone; one without any decoration counts as a capital only, and not as a word."""
    found = set()
    for match in _LETTER.finditer(line):
        bare = not _DECORATED.search(match.group())
        follows = line[match.end() :]
        if bare and (match["letter"].islower() or (match["letter"] in "AI" and re.match(r"\s+[a-z]", follows))):
            continue
        found.add(match["letter"].upper())
    return found
